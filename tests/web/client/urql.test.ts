import assert from "node:assert/strict";
import type { VariablesOf } from "@graphql-typed-document-node/core";
import { after, before, test } from "node:test";
import type { AnyVariables, OperationResult } from "@urql/core";
import { Stack } from "../stack/stack.ts";
import {
  CreateExpense,
  ExpenseById,
  Login,
  Logout,
  Me,
  MyExpenses,
  MyTotals,
  Refresh,
  RestoreExpense,
  UpdateExpense,
  VoidExpense,
} from "./documents.ts";
import { expense, newcomer, PASSWORD, recorded, type Person } from "./people.ts";
import { anonymous, signedIn } from "./session.ts";

let stack: Stack;
before(async () => {
  stack = await Stack.start();
});
after(() => stack?.stop());

/** The data of a result that has no error. */
async function data<Data, Variables extends AnyVariables>(
  result: PromiseLike<OperationResult<Data, Variables>>,
): Promise<Data> {
  const { data, error } = await result;
  assert.equal(error, undefined);
  assert.ok(data);
  return data;
}

async function descriptions(person: Person): Promise<string[]> {
  const { me } = await data(person.client.query(MyExpenses, {}));
  return me!.expenses.edges.map((edge) => edge.node.description);
}

test("somebody who is not signed in is nobody, without an error", async () => {
  assert.deepEqual(await data(anonymous(stack.graph).query(Me, {})), { me: null });
});

test("a person registers, signs in on another device, and reads who they are", async () => {
  const ana = await newcomer(stack.graph, "Ana");

  const { login } = await data(
    anonymous(stack.graph).mutation(Login, { input: { email: ana.email, password: PASSWORD, deviceName: "Tablet" } }),
  );
  assert.deepEqual(login.userErrors, []);
  assert.equal(login.tokens!.tokenType, "Bearer");

  const { me } = await data(signedIn(stack.graph, login.tokens!).query(Me, {}));
  assert.equal(me!.id, login.user!.id);
  assert.equal(me!.displayName, "Ana");
  assert.equal(me!.email, ana.email);
});

test("what is wrong with an input is data that a form can show: a code, a message, and the field", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const { createExpense } = await data(
    ana.client.mutation(CreateExpense, { input: expense({ amount: { amount: "12.505", currency: "EUR" } }) }),
  );
  assert.equal(createExpense.expense, null);
  const [error] = createExpense.userErrors;
  assert.equal(error!.code, "AMOUNT_TOO_PRECISE");
  assert.deepEqual(error!.path, ["input", "amount", "amount"]);
  assert.notEqual(error!.message, "");
});

test("recording an expense again with the same idempotency key records it once", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const input = expense({ description: "Rent", tags: ["Home"] });
  // Two at once, as when two tabs wake up and send what they had kept, and one later, as when an answer got lost.
  const tabs = [ana.client, signedIn(stack.graph, ana.tokens)];
  const together = await Promise.all(tabs.map((tab) => data(tab.mutation(CreateExpense, { input }))));
  const later = await data(ana.client.mutation(CreateExpense, { input }));

  const answers = [...together, later].map((answer) => answer.createExpense);
  assert.deepEqual(
    answers.flatMap((answer) => answer.userErrors),
    [],
  );
  assert.equal(new Set(answers.map((answer) => answer.expense!.id)).size, 1);
  assert.deepEqual(await descriptions(ana), ["Rent"]);
});

test("an edit of a stale version is a CONFLICT, as data, with the expense as it is now", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const { id, version } = await recorded(ana);
  const edit = (description: string) =>
    data(ana.client.mutation(UpdateExpense, { input: { id, expectedVersion: version, description } }));

  const first = await edit("Bread");
  assert.deepEqual(first.updateExpense.userErrors, []);
  assert.equal(first.updateExpense.expense!.version, version + 1);

  const second = await edit("Cheese");
  assert.equal(second.updateExpense.userErrors[0]!.code, "CONFLICT");
  assert.deepEqual(second.updateExpense.expense, first.updateExpense.expense);
});

test("following the cursors, forward and backward, gives every expense once and in order", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const days = ["2026-01-05", "2026-01-03", "2026-01-04", "2026-01-01", "2026-01-03"];
  for (const date of days) await recorded(ana, { date });
  const page = async (variables: VariablesOf<typeof MyExpenses>) =>
    (await data(ana.client.query(MyExpenses, variables))).me!.expenses;

  const all = (await page({ first: 100 })).edges.map((edge) => edge.node);
  assert.deepEqual(
    all.map((node) => node.date),
    days.toSorted().toReversed(),
  );

  const forward = [];
  for (let after: string | null = null, more = true; more;) {
    const { edges, pageInfo } = await page({ first: 2, after });
    forward.push(...edges.map((edge) => edge.node));
    [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
  }
  assert.deepEqual(forward, all);

  const backward = [];
  for (let before: string | null = null, more = true; more;) {
    const { edges, pageInfo } = await page({ last: 2, before });
    backward.unshift(...edges.map((edge) => edge.node));
    [before, more] = [pageInfo.startCursor, pageInfo.hasPreviousPage];
  }
  assert.deepEqual(backward, all);
});

test("an expense that is voided counts no more, and one that is restored counts again", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const { id, version } = await recorded(ana);
  const totals = async () => (await data(ana.client.query(MyTotals, {}))).me!.expenseTotals;
  const before = [{ total: { amount: "12.50", currency: "EUR" }, count: 1 }];
  assert.deepEqual(await totals(), before);

  const { voidExpense } = await data(ana.client.mutation(VoidExpense, { input: { id, expectedVersion: version } }));
  assert.deepEqual(voidExpense.userErrors, []);
  assert.notEqual(voidExpense.expense!.voidedAt, null);
  assert.deepEqual(await totals(), []);
  assert.deepEqual(await descriptions(ana), []);

  const expectedVersion = voidExpense.expense!.version;
  const { restoreExpense } = await data(ana.client.mutation(RestoreExpense, { input: { id, expectedVersion } }));
  assert.equal(restoreExpense.expense!.voidedAt, null);
  assert.deepEqual(
    restoreExpense.expense!.history.edges.map(({ node }) => node.kind),
    ["RESTORED", "VOIDED", "CREATED"],
  );
  assert.deepEqual(await totals(), before);
});

test("somebody else's expense is an error with the code NOT_FOUND, and null beside it", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const ben = await newcomer(stack.graph, "Ben");
  const { id } = await recorded(ana);

  const { data: seen, error } = await ben.client.query(ExpenseById, { id });
  assert.deepEqual(seen, { expense: null });
  assert.deepEqual(
    error!.graphQLErrors.map((each) => [each.extensions["code"], each.path]),
    [["NOT_FOUND", ["expense"]]],
  );
  assert.equal((await data(ana.client.query(ExpenseById, { id }))).expense!.id, id);
});

test("a client whose access token is refused refreshes it by itself, and nobody notices", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const first = ana.tokens.refreshToken;
  ana.tokens.accessToken += "x";

  const answers = await Promise.all([
    data(ana.client.query(Me, {})),
    data(ana.client.query(MyTotals, {})),
    data(ana.client.mutation(CreateExpense, { input: expense() })),
  ]);
  assert.equal(answers[0].me!.displayName, "Ana");
  assert.deepEqual(answers[2].createExpense.userErrors, []);
  assert.notEqual(ana.tokens.refreshToken, first);
  // It was recorded once, although it was sent twice.
  assert.equal((await descriptions(ana)).length, 1);
});

test("two tabs that refresh with the same token get the same next one, and both stay signed in", async () => {
  const { tokens } = await newcomer(stack.graph, "Ana");
  const refresh = () =>
    data(anonymous(stack.graph).mutation(Refresh, { input: { refreshToken: tokens.refreshToken } }));
  const tabs = await Promise.all([refresh(), refresh()]);

  const [one, other] = tabs.map((tab) => tab.refresh.tokens!);
  assert.equal(one!.refreshToken, other!.refreshToken);
  for (const pair of [one!, other!]) {
    assert.equal((await data(signedIn(stack.graph, pair).query(Me, {}))).me!.displayName, "Ana");
  }
});

test("signing out ends the session: its refresh token gives no other", async () => {
  const { tokens } = await newcomer(stack.graph, "Ana");
  const input = { refreshToken: tokens.refreshToken };
  const nobody = anonymous(stack.graph);

  const { logout } = await data(nobody.mutation(Logout, { input }));
  assert.deepEqual(logout, { signedOut: true, userErrors: [] });

  const { refresh } = await data(nobody.mutation(Refresh, { input }));
  assert.equal(refresh.tokens, null);
  assert.equal(refresh.userErrors[0]!.code, "SESSION_REVOKED");
});
