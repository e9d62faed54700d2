import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser } from "playwright-core";
import { household, newcomer, PASSWORD, recorded } from "../client/people.ts";
import { Stack } from "../stack/stack.ts";
import { launch, watched, type WatchedPage } from "./browser.ts";
import { GraphiqlPage } from "./graphiql-page.ts";

let stack: Stack;
let browser: Browser;
let watch: WatchedPage;
let graphiql: GraphiqlPage;

before(async () => {
  stack = await Stack.start();
  browser = await launch();
  // On a machine that has not got GraphiQL's files yet, the page says so, and looks again until they are there.
  const page = await browser.newPage();
  await page.goto(`${stack.origin}/graphiql`);
  await page.locator(".graphiql-container").waitFor({ timeout: 300_000 });
  await page.close();
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

beforeEach(async () => {
  watch = await watched(browser, stack.origin);
  graphiql = new GraphiqlPage(watch.page, stack.origin);
  await graphiql.open();
});

// Whatever a test does, its page talks to our origin alone and has nothing to complain about.
afterEach(async () => {
  await watch.page.context().close();
  watch.assertClean();
});

const MINE =
  "query Mine { me { displayName expenses(first: 1) { edges { node { description amount { amount currency } } } } } }";

function login(email: string): string {
  return `mutation SignIn {
    login(input: { email: "${email}", password: "${PASSWORD}" }) { tokens { accessToken } userErrors { message } }
  }`;
}

test("GraphiQL opens on a commented first query, with the headers ready for a token", async () => {
  assert.match(
    await graphiql.text(graphiql.query),
    /^# Welcome to Constellation\.\n(#.*\n)+\n# 1\. An account.*\n(#.*\n)*mutation Register \{/,
  );
  assert.deepEqual(JSON.parse(await graphiql.text(graphiql.headers)), { Authorization: "Bearer <accessToken>" });
  await graphiql.picture("first-sight");
});

test("the documentation explorer shows the types in order, and what a field means", async () => {
  await graphiql.page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  const docs = graphiql.page.getByRole("region", { name: "Documentation Explorer" });
  await docs.getByText("All Schema Types").waitFor();
  // The three roots come first.
  const links = (await docs.getByRole("link").allInnerTexts()).slice(3);
  assert.ok(links.includes("Expense") && links.includes("TokenPair"));
  assert.deepEqual(
    links,
    links.toSorted((a, b) => a.localeCompare(b)),
  );

  await docs.getByRole("link", { name: "Query", exact: true }).click();
  await docs.getByText("Where reading begins.").waitFor();
  await docs.getByRole("link", { name: "me", exact: true }).click();
  await docs.getByText("The person who is signed in; null for an anonymous caller.").waitFor();
  await graphiql.picture("documentation");
});

test("a newcomer follows the first steps from the top down, and sees who they are and what they spent", async () => {
  await graphiql.choose("Register");
  await graphiql.shows('"register": {');
  await graphiql.choose("FirstExpense");
  await graphiql.shows('"createExpense": {');
  await graphiql.choose("MyExpenses");
  await graphiql.shows('"displayName": "Ada"');
  await graphiql.shows('"description": "Bread and cheese"');
  await graphiql.shows('"amount": "12.50"');
  await graphiql.picture("first-steps-done");

  // And comes back another day.
  await graphiql.choose("Login");
  await graphiql.shows('"login": {');
  await graphiql.shows('"userErrors": []');
});

test("the token of a sign-in, put into the headers, answers the federated query", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  await recorded(ana, { description: "Olives" });

  await graphiql.write("SignIn", login(ana.email));
  await graphiql.run();
  await graphiql.shows('"accessToken"');
  const { accessToken } = JSON.parse(await graphiql.text(graphiql.result)).data.login.tokens;

  await graphiql.replace(graphiql.headers, JSON.stringify({ Authorization: `Bearer ${accessToken}` }));
  await graphiql.write("Mine", MINE);
  const request = await graphiql.run();
  assert.equal(request.headers()["authorization"], `Bearer ${accessToken}`);
  await graphiql.shows('"displayName": "Ana"');
  await graphiql.shows('"description": "Olives"');
  await graphiql.picture("federated-query");

  // A token is nothing to leave behind in a browser.
  const kept = await graphiql.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.match(kept, /Mine/);
  assert.ok(!kept.includes(accessToken), kept);
});

test("the sign-in of an hour ago does not stand in the way of the next one", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  await graphiql.page.clock.install();
  await graphiql.write("SignIn", login(ana.email));
  await graphiql.run();
  await graphiql.shows('"accessToken"');
  await graphiql.write("Mine", MINE);
  await graphiql.run();
  await graphiql.shows('"displayName": "Ana"');

  await graphiql.page.clock.fastForward("01:00:00");
  await graphiql.write("SignIn", login(ana.email));
  const request = await graphiql.run();
  assert.equal(request.headers()["authorization"], undefined);
  await graphiql.shows('"accessToken"');
});

test("a token that the server refuses does not stand in the way of the next sign-in either", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  // Chromium tells of a 401 on the console, so this page is not one that has nothing to complain about.
  const page = await browser.newPage();
  const unwatched = new GraphiqlPage(page, stack.origin);
  await unwatched.open();
  await unwatched.write("SignIn", login(ana.email));
  await unwatched.run();
  await unwatched.shows('"accessToken"');

  // As when the backend was started anew with other keys.
  const errors = [{ message: "Sign in again.", extensions: { code: "UNAUTHENTICATED" } }];
  await page.route("**/graphql", (route) => route.fulfill({ status: 401, json: { errors } }), { times: 1 });
  await unwatched.run();
  await unwatched.shows("Sign in again.");

  const request = await unwatched.run();
  assert.equal(request.headers()["authorization"], undefined);
  await unwatched.shows('"accessToken"');
  await page.close();
});

test("a subscription shows what happens as it happens, until it is stopped", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const home = await household(stack.graph, ana);
  await graphiql.replace(
    graphiql.headers,
    JSON.stringify({ Authorization: `Bearer ${ana.tokens.accessToken}` }),
  );
  await graphiql.write("Cursor", `query Cursor { household(id: "${home}") { changesCursor } }`);
  await graphiql.run();
  await graphiql.shows('"changesCursor"');
  const { changesCursor } = JSON.parse(await graphiql.text(graphiql.result)).data.household;

  await graphiql.write(
    "Happening",
    `subscription Happening { householdChanged(householdId: "${home}", after: "${changesCursor}") {
      kind by { displayName } expense { description amount { amount currency } } } }`,
  );
  const request = await graphiql.run();
  for (const description of ["Olives", "Cheese"]) {
    await recorded(ana, { householdId: home, description });
    await graphiql.shows(`"description": "${description}"`);
    await graphiql.shows('"displayName": "Ana"');
  }
  await graphiql.picture("subscription");

  // It ends at once, not with the next event.
  const ended = graphiql.page.waitForEvent("requestfailed", (failed) => failed === request);
  await graphiql.page.getByRole("button", { name: "Stop query" }).click();
  await ended;
  await graphiql.page.getByRole("button", { name: "Execute query" }).waitFor();
  await graphiql.shows('"description": "Cheese"');
});

test("a subscription that nobody may have says why", async () => {
  const id = "01890000-0000-7000-8000-000000000000";
  const ana = await newcomer(stack.graph, "Ana");
  await graphiql.replace(
    graphiql.headers,
    JSON.stringify({ Authorization: `Bearer ${ana.tokens.accessToken}` }),
  );
  await graphiql.write("Happening", `subscription Happening { householdChanged(householdId: "${id}") { kind } }`);
  await graphiql.run();
  await graphiql.shows('"code": "NOT_FOUND"');
  await graphiql.page.getByRole("button", { name: "Execute query" }).waitFor();
});

test("a word that the schema does not know is marked while it is typed", async () => {
  await graphiql.replace(graphiql.query, "{ me { nickname } }");
  await graphiql.query.locator(".CodeMirror-lint-mark-error", { hasText: "nickname" }).waitFor();
});

test("it can be read and worked with by people who cannot see or point well", async () => {
  // What these two are about is how GraphiQL itself nests its tabs and scrolls its editors.
  const notOurs = ["nested-interactive", "scrollable-region-focusable"];
  await graphiql.page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  for (const colorScheme of ["light", "dark"] as const) {
    await graphiql.page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page: graphiql.page }).disableRules(notOurs).analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    assert.deepEqual(
      serious.map(({ id, nodes }) => `${colorScheme}: ${id}: ${nodes[0]!.html}`),
      [],
    );
  }

  // By their names alone, as a screen reader says them, and by the keyboard alone.
  await graphiql.page.getByRole("textbox", { name: "Query Editor" }).focus();
  await graphiql.page.keyboard.press("Control+A");
  await graphiql.page.keyboard.insertText("query Who { me { displayName } }");
  await graphiql.page.getByRole("tab", { name: "Who" }).waitFor();
  await graphiql.run();
  await graphiql.shows('"me": null');
});
