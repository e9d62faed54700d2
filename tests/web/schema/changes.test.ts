import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { changes } from "./changes.ts";

const SCHEMA = readFileSync(resolve(import.meta.dirname, "../../../../schema/api.graphql"), "utf8");

/** What it means that in the schema this text becomes that. */
function changed(from: string, to: string) {
  assert.ok(SCHEMA.includes(from), `the schema has no ${from}`);
  return changes(SCHEMA, SCHEMA.replace(from, to));
}

test("a schema that does not change breaks nothing", async () => {
  assert.deepEqual(await changes(SCHEMA, SCHEMA), { breaking: [], dangerous: [], safe: [] });
});

test("taking something away, and answering null where nothing was null, breaks clients", async () => {
  assert.equal((await changed("createdAt: DateTime!", "madeAt: DateTime!")).breaking.length, 1);
  assert.equal((await changed("): ExpenseConnection!", "): ExpenseConnection")).breaking.length, 1);
  assert.equal((await changed("  CONFLICT\n", "  CLASH\n")).breaking.length, 1);
});

test("asking for more than before breaks clients", async () => {
  assert.equal((await changed("  refreshToken: String\n}", "  refreshToken: String!\n}")).breaking.length, 1);
  assert.equal((await changed("input LoginInput {", "input LoginInput { captcha: String! ")).breaking.length, 1);
});

test("new fields and optional inputs break nothing, and a new enum value may surprise", async () => {
  const field = await changed("type User {", "type User { nickname: String ");
  assert.deepEqual([field.breaking, field.dangerous], [[], []]);
  const input = await changed("input LoginInput {", "input LoginInput { captcha: String ");
  assert.deepEqual(input.breaking, []);
  const value = await changed("enum LoginErrorCode {", "enum LoginErrorCode { LOCKED ");
  assert.deepEqual([value.breaking.length, value.dangerous.length], [0, 1]);
});
