import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { Login, Me } from "../client/documents.ts";
import { newcomer, PASSWORD } from "../client/people.ts";
import { anonymous } from "../client/session.ts";
import { Stack } from "../stack/stack.ts";
import { launch, watched } from "./browser.ts";

/** A web app of another origin: an empty page, in which the tests do what its script would. */
let app: Server;
let origin: string;
let closed: Stack;
let open: Stack;
let browser: Browser;

before(async () => {
  app = createServer((_request, response) => {
    response
      .setHeader("Content-Type", "text/html")
      .end("<!doctype html><title>An app</title><link rel=icon href=data:,>");
  }).listen(0, "127.0.0.1");
  await once(app, "listening");
  origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  closed = await Stack.start();
  open = await Stack.start({ ROUTER_CORS_ORIGINS: origin });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await Promise.all([closed?.stop(), open?.stop()]);
  app.close();
});

type Answer = { status: number; body: string; requestId: string | null } | { refused: string };

/** What the app's script gets when it asks the graph. */
function ask(
  page: Page,
  graph: string,
  headers: Record<string, string>,
  query: string,
  method = "POST",
): Promise<Answer> {
  return page.evaluate(
    async ([graph, headers, query, method]): Promise<Answer> => {
      try {
        const response =
          method === "GET"
            ? await fetch(`${graph}?query=${encodeURIComponent(query)}`, { headers })
            : await fetch(graph, { method, headers, body: JSON.stringify({ query }) });
        return {
          status: response.status,
          body: await response.text(),
          requestId: response.headers.get("x-request-id"),
        };
      } catch (error) {
        return { refused: String(error) };
      }
    },
    [graph, headers, query, method] as const,
  );
}

async function appPage(...origins: string[]) {
  const watch = await watched(browser, origin, ...origins);
  await watch.page.goto(origin);
  return watch;
}

const JSON_BODY = { "content-type": "application/json" };

test("a page of an origin that is configured signs in and asks, also with what makes a browser ask first", async () => {
  const ana = await newcomer(open.graph, "Ana");
  const { page, assertClean } = await appPage(open.origin);
  const headers = { ...JSON_BODY, authorization: `Bearer ${ana.tokens.accessToken}` };

  const answer = await ask(page, open.graph, headers, "{ me { displayName } }");
  assert.ok("status" in answer, JSON.stringify(answer));
  assert.deepEqual(JSON.parse(answer.body), { data: { me: { displayName: "Ana" } } });
  // It may read the request's id too, for whoever is asked for help.
  assert.match(answer.requestId!, /^[0-9a-f]{32}$/);

  const get = await ask(page, open.graph, { "graphql-require-preflight": "true" }, "{ me { id } }", "GET");
  assert.ok("status" in get, JSON.stringify(get));
  assert.deepEqual(JSON.parse(get.body), { data: { me: null } });
  assertClean();
});

test("a page of an origin that is configured can read why its token was refused", async () => {
  const { page } = await appPage(open.origin);
  const answer = await ask(page, open.graph, { ...JSON_BODY, authorization: "Bearer nonsense" }, "{ me { id } }");
  assert.ok("status" in answer, JSON.stringify(answer));
  assert.equal(answer.status, 401);
  assert.equal(JSON.parse(answer.body).errors[0].extensions.code, "UNAUTHENTICATED");
});

test("a page of any other origin cannot call the graph", async () => {
  const ana = await newcomer(closed.graph, "Ana");
  const { page } = await appPage(closed.origin);
  for (const headers of [JSON_BODY, { ...JSON_BODY, authorization: `Bearer ${ana.tokens.accessToken}` }]) {
    const answer = await ask(page, closed.graph, headers, "{ me { displayName } }");
    assert.ok("refused" in answer, JSON.stringify(answer));
  }
  const get = await ask(page, closed.graph, {}, "{ me { displayName } }", "GET");
  assert.ok("refused" in get, JSON.stringify(get));

  // Nor one that differs from a configured origin in no more than how it writes its host.
  await page.goto(origin.replace("127.0.0.1", "localhost"));
  const neighbour = await ask(page, open.graph, JSON_BODY, "{ me { displayName } }");
  assert.ok("refused" in neighbour, JSON.stringify(neighbour));
});

test("nor can it make the browser send a mutation without asking first, as a form would", async () => {
  const { page } = await appPage(closed.origin, open.origin);
  const register = (email: string) =>
    `mutation { register(input: { email: "${email}", password: "${PASSWORD}", displayName: "Eve" }) { user { id } } }`;
  const isRegistered = async ({ graph }: Stack, email: string) => {
    const { data } = await anonymous(graph).mutation(Login, { input: { email, password: PASSWORD } });
    return data!.login.userErrors.length === 0;
  };
  for (const stack of [closed, open]) {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const email = `${randomUUID()}@example.org`;
      const sent = page.waitForRequest(stack.graph);
      await ask(page, stack.graph, { "content-type": type }, register(email));
      // It was sent, because nothing forbids a browser to; and nothing came of it.
      assert.equal((await sent).method(), "POST");
      assert.equal(await isRegistered(stack, email), false);
    }
    const email = `${randomUUID()}@example.org`;
    await fetch(stack.graph, { method: "POST", headers: JSON_BODY, body: JSON.stringify({ query: register(email) }) });
    assert.equal(await isRegistered(stack, email), true);
  }
});

test("a program that is no web page is not concerned by any of this", async () => {
  assert.deepEqual((await anonymous(closed.graph).query(Me, {})).data, { me: null });
});
