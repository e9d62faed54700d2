import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { Stack } from "../stack/stack.ts";
import { ExpenseById, MyExpenses, UpdateExpense } from "./documents.ts";
import { newcomer, recorded, type Person } from "./people.ts";

let stack: Stack;
before(async () => {
  stack = await Stack.start();
});
after(() => stack?.stop());

/** Apollo Client with its normalised cache, told nothing but that `User.expenses` is a Relay connection. */
function apollo({ tokens }: Person): ApolloClient {
  const headers = { authorization: `Bearer ${tokens.accessToken}` };
  return new ApolloClient({
    link: new HttpLink({ uri: stack.graph, headers }),
    cache: new InMemoryCache({
      typePolicies: { User: { fields: { expenses: relayStylePagination(["filter", "orderBy"]) } } },
    }),
  });
}

test("Apollo's relayStylePagination grows one list out of the pages", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  for (const date of ["2026-01-01", "2026-01-02", "2026-01-03"]) await recorded(ana, { date });
  const client = apollo(ana);
  const list = { query: MyExpenses, variables: { first: 2 } };

  const { data } = await client.query(list);
  const { hasNextPage, endCursor } = data!.me!.expenses.pageInfo;
  assert.equal(hasNextPage, true);
  await client.watchQuery(list).fetchMore({ variables: { after: endCursor } });

  const { expenses } = client.readQuery(list)!.me!;
  assert.deepEqual(
    expenses.edges.map((edge) => edge.node.date),
    ["2026-01-03", "2026-01-02", "2026-01-01"],
  );
  assert.equal(expenses.pageInfo.hasNextPage, false);
});

test("what a mutation answers, also with CONFLICT, is at once what every list in Apollo's cache shows", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const { id } = await recorded(ana, { description: "Bread" });
  const client = apollo(ana);
  await client.query({ query: MyExpenses });
  const shown = () => client.readQuery({ query: MyExpenses })!.me!.expenses.edges[0]!.node.description;
  const edit = (device: ApolloClient, description: string) =>
    device.mutate({ mutation: UpdateExpense, variables: { input: { id, expectedVersion: 1, description } } });

  // Another device is faster.
  await edit(apollo(ana), "Cheese");
  assert.equal(shown(), "Bread");

  const { data } = await edit(client, "Olives");
  assert.equal(data!.updateExpense.userErrors[0]!.code, "CONFLICT");
  assert.equal(shown(), "Cheese");
});

test("an error reaches Apollo with its code", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const missing = apollo(ana).query({ query: ExpenseById, variables: { id: "01890000-0000-7000-8000-000000000000" } });
  await assert.rejects(missing, (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    assert.equal(error.errors[0]!.extensions!["code"], "NOT_FOUND");
    return true;
  });
});

test("a refused token reaches Apollo as an error with the code UNAUTHENTICATED, not as a broken answer", async () => {
  const ana = await newcomer(stack.graph, "Ana");
  const client = apollo({ ...ana, tokens: { ...ana.tokens, accessToken: `${ana.tokens.accessToken}x` } });
  await assert.rejects(client.query({ query: MyExpenses }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), String(error));
    assert.equal(error.errors[0]!.extensions!["code"], "UNAUTHENTICATED");
    return true;
  });
});
