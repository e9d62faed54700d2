import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { chromium, type Browser, type Page } from "playwright-core";

/**
 * A browser that finds no other machine. A name is looked up nowhere, and what Chromium does of its own accord is
 * switched off, so that a request to the outside is one that a page wanted.
 */
const ARGUMENTS = [
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function launch(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM_BIN"] ?? "/usr/bin/chromium";
  await access(executablePath).catch(() => {
    throw new Error(`there is no Chromium at ${executablePath}: install Debian's, or set CHROMIUM_BIN`);
  });
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A page that is watched for what no page of ours may do. */
export type WatchedPage = {
  page: Page;
  /** What it asked for, as `METHOD origin/path`. */
  requests: string[];
  /** Fails if it asked another origin for anything, complained on its console, or broke its content policy. */
  assertClean(): void;
};

/** Opens an empty page of its own session, which may ask these origins and no other. */
export async function watched(browser: Browser, ...origins: string[]): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  // Only what never comes is waited for that long, also on a machine that is busy.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    const { protocol, origin, pathname } = new URL(request.url());
    if (protocol === "data:") return;
    requests.push(`${request.method()} ${origin}${pathname}`);
    if (!origins.includes(origin)) complaints.push(`a foreign request: ${request.url()}`);
  });
  page.on("console", (message) => {
    // A violated Content-Security-Policy is told here too.
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`an uncaught error: ${error}`));
  return { page, requests, assertClean: () => assert.deepEqual(complaints, []) };
}
