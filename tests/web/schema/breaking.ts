// Compares schema/api.graphql with what it was at a git ref: `npm run breaking -- <ref>`, HEAD when none is given.
// Fails when an operation that a client may have sent then is not answered any more as it was.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { changes } from "./changes.ts";

const WORKSPACE = resolve(import.meta.dirname, "../../../..");
const SCHEMA = "schema/api.graphql";
const ref = process.argv[2] ?? "HEAD";

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: WORKSPACE, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

function commitOf(ref: string): string {
  try {
    return git("rev-parse", "--verify", "--end-of-options", `${ref}^{commit}`).trim();
  } catch {
    console.error(`There is no commit ${ref} in this repository. Fetch it, or name another.`);
    process.exit(2);
  }
}

const commit = commitOf(ref);
if (git("ls-tree", commit, SCHEMA) === "") {
  console.log(`There was no ${SCHEMA} at ${ref}, so there is nothing to break.`);
} else {
  const found = await changes(git("show", `${commit}:${SCHEMA}`), readFileSync(resolve(WORKSPACE, SCHEMA), "utf8"));
  for (const [kind, messages] of Object.entries(found)) {
    console.log(`${messages.length} ${kind}`);
    for (const message of messages) console.log(`  ${message}`);
  }
  if (found.breaking.length > 0) process.exitCode = 1;
}
