import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Session } from "../client/browser-session.ts";
import { newcomer, PASSWORD } from "../client/people.ts";
import { Stack } from "../stack/stack.ts";
import { launch } from "./browser.ts";

declare global {
  interface Window {
    session: Session;
  }
}

/** An app of the family: a page with the session of docs/FRONTENDS.md. It is of another origin than the graph, as apps are. */
let app: Server;
let appOrigin: string;
/** The page of somebody else on the same host, which a browser takes for the same site. */
let neighbour: Server;
let neighbourOrigin: string;
let stack: Stack;
let browser: Browser;

const SCRIPT = join(import.meta.dirname, "../client/browser-session.js");
/** What the app's page does. */
const START = `<script type="module">
  import { Session } from "/session.js";
  window.session = new Session(new URLSearchParams(location.search).get("graph"));
</script>`;
const COOKIE = "__Secure-constellation-refresh";

async function serve(page: string, script = ""): Promise<[Server, string]> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/session.js";
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html").end(isScript ? script : page);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return [server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
}

before(async () => {
  const empty = "<!doctype html><title>A page</title><link rel=icon href=data:,>";
  [app, appOrigin] = await serve(empty + START, await readFile(SCRIPT, "utf8"));
  [neighbour, neighbourOrigin] = await serve(empty);
  stack = await Stack.start({ ROUTER_CORS_ORIGINS: appOrigin, ROUTER_GRAPHIQL: "false" });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await stack?.stop();
  app.close();
  neighbour.close();
});

/** A tab with the app, as it is when its page has just loaded. */
async function tab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await open(page);
  return page;
}

async function open(page: Page): Promise<void> {
  await page.goto(`${appOrigin}/?graph=${encodeURIComponent(stack.graph)}`);
}

const signIn = (page: Page, email: string) =>
  page.evaluate(([email, password]) => window.session.signIn(email, password), [email, PASSWORD] as const);

/** Who is signed in, by what the graph says. */
const me = (page: Page) =>
  page.evaluate(async () => (await window.session.ask("{ me { displayName } }")).data?.["me"]?.displayName);

const cookies = async (context: BrowserContext) =>
  (await context.cookies(stack.graph)).filter(({ name }) => name === COOKIE);

async function signedIn(): Promise<{ context: BrowserContext; page: Page; email: string }> {
  const { email } = await newcomer(stack.graph, "Ana");
  const context = await browser.newContext();
  const page = await tab(context);
  assert.equal(await signIn(page, email), null);
  return { context, page, email };
}

test("somebody signs in, loads the page anew and signs out, and no script ever sees the refresh token", async () => {
  const { context, page } = await signedIn();
  assert.equal(await me(page), "Ana");
  const [cookie] = await cookies(context);
  assert.ok(cookie);
  const { path, httpOnly, secure, sameSite } = cookie;
  assert.deepEqual({ path, httpOnly, secure, sameSite }, { path: "/graphql", httpOnly: true, secure: true, sameSite: "Strict" });
  const everything = () =>
    page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]));
  assert.equal(await everything(), JSON.stringify(["", {}, {}]));

  await open(page);
  assert.equal(await page.evaluate(() => window.session.isSignedIn), false);
  assert.equal(await page.evaluate(() => window.session.refresh()), true);
  assert.equal(await me(page), "Ana");
  const [next] = await cookies(context);
  assert.notEqual(next!.value, cookie.value);

  await page.evaluate(() => window.session.signOut());
  assert.deepEqual(await cookies(context), []);
  await open(page);
  assert.equal(await page.evaluate(() => window.session.refresh()), false);
  assert.equal(await everything(), JSON.stringify(["", {}, {}]));
});

test("two tabs refresh at once, with the app's lock and without it, and both stay signed in", async () => {
  const { context, page } = await signedIn();
  const tabs = [page, await tab(context)];
  await Promise.all(tabs.map(open));
  assert.deepEqual(await Promise.all(tabs.map((tab) => tab.evaluate(() => window.session.refresh()))), [true, true]);
  assert.deepEqual(await Promise.all(tabs.map(me)), ["Ana", "Ana"]);

  // An app without the lock: both send the same cookie, and both get the same successor.
  const careless = (tab: Page) =>
    tab.evaluate(async (graph) => {
      const body = JSON.stringify({ query: "mutation { refresh(input: {}) { userErrors { code } } }" });
      const headers = { "Content-Type": "application/json" };
      return (await fetch(graph, { method: "POST", credentials: "include", headers, body })).json();
    }, stack.graph);
  for (const answer of await Promise.all(tabs.map(careless))) {
    assert.deepEqual(answer, { data: { refresh: { userErrors: [] } } });
  }
  await open(page);
  assert.equal(await page.evaluate(() => window.session.refresh()), true);
});

test("a tab hears that somebody has signed out or in in another one", async () => {
  const { context, page, email } = await signedIn();
  const other = await tab(context);
  await other.evaluate(() => window.session.refresh());
  const changed = () => other.evaluate(() => new Promise<void>((heard) => (window.session.onChange = heard)));

  const out = changed();
  await page.evaluate(() => window.session.signOut());
  await out;
  assert.equal(await other.evaluate(() => window.session.isSignedIn), false);

  const back = changed();
  assert.equal(await signIn(page, email), null);
  await back;
  assert.equal(await me(other), "Ana");
});

test("a token that is refused is exchanged without the person noticing", async () => {
  const { page } = await signedIn();
  // The router is told nonsense once, as if the token had run out.
  await page.route(stack.graph, async (route) => {
    await route.continue({ headers: { ...route.request().headers(), authorization: "Bearer nonsense" } });
  }, { times: 1 });
  assert.equal(await me(page), "Ana");
});

const LOGOUT = { query: "mutation { logout(input: {}) { signedOut } }" };

/**
 * What the page of an attacker tries: a form, a request that needs no leave, and one that does. Tells how often the browser
 * sent the cookie along, and how often it kept it.
 */
async function attack(page: Page): Promise<{ sent: number; kept: number }> {
  const cookie = { sent: 0, kept: 0 };
  const inspector = await page.context().newCDPSession(page);
  inspector.on("Network.requestWillBeSentExtraInfo", ({ associatedCookies }) => {
    const ours = associatedCookies.filter((each) => each.cookie.name === COOKIE);
    for (const { blockedReasons } of ours) cookie[blockedReasons.length === 0 ? "sent" : "kept"] += 1;
  });
  await inspector.send("Network.enable");
  await page.evaluate(
    async ([graph, operation]) => {
      for (const type of ["text/plain", "application/json"]) {
        await fetch(graph, {
          method: "POST",
          credentials: "include",
          headers: { "Content-Type": type },
          body: operation,
        }).catch(() => undefined);
      }
      await fetch(`${graph}?query=${encodeURIComponent(JSON.parse(operation).query)}`, {
        credentials: "include",
        mode: "no-cors",
      }).catch(() => undefined);
    },
    [stack.graph, JSON.stringify(LOGOUT)] as const,
  );
  // A form that makes JSON of itself: `{"query":"...","x":"="}`.
  const answered = page.waitForResponse((response) => response.url() === stack.graph);
  await page.evaluate(
    ([graph, name]) => {
      const form = Object.assign(document.createElement("form"), { action: graph, method: "POST", enctype: "text/plain" });
      form.append(Object.assign(document.createElement("input"), { name, value: '"}' }));
      document.body.append(form);
      form.submit();
    },
    [stack.graph, `${JSON.stringify(LOGOUT).slice(0, -1)},"x":"`] as const,
  );
  assert.ok((await answered).status() >= 400);
  return cookie;
}

test("a page of another origin on the same host cannot use the cookie, although the browser sends it along", async () => {
  const { context, page } = await signedIn();
  const evil = await context.newPage();
  await evil.goto(neighbourOrigin);
  const cookie = await attack(evil);
  assert.ok(cookie.sent > 0, JSON.stringify(cookie));
  await open(page);
  assert.equal(await page.evaluate(() => window.session.refresh()), true);
});

test("from a page of another site the browser does not even send it", async () => {
  const { context, page } = await signedIn();
  const evil = await context.newPage();
  await evil.goto(neighbourOrigin.replace("127.0.0.1", "localhost"));
  const cookie = await attack(evil);
  assert.ok(cookie.sent === 0 && cookie.kept > 0, JSON.stringify(cookie));
  await open(page);
  assert.equal(await page.evaluate(() => window.session.refresh()), true);
});

test("the page for frontends shows the very code that is tested here", async () => {
  const root = resolve(import.meta.dirname, "../../../..");
  const page = await readFile(join(root, "docs/FRONTENDS.md"), "utf8");
  const code = await readFile(join(root, "tests/web/client/browser-session.ts"), "utf8");
  assert.ok(page.includes(`\`\`\`ts\n${code}\`\`\``));
});
