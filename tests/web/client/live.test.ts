import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stack } from "../stack/stack.ts";
import { Wire } from "../stack/wire.ts";
import { ChangesCursor } from "./documents.ts";
import { changes, codeOf, events, socket, urqlAlone, urqlOverSocket, type Change } from "./live.ts";
import { household, joined, newcomer, recorded, type Person } from "./people.ts";
import { renew } from "./session.ts";

// Only what is never told takes as long as this.
const timeout = 120_000;

let stack: Stack;
before(async () => {
  stack = await Stack.start();
});
after(() => stack?.stop());

const CLIENTS = {
  "graphql-sse": events,
  "graphql-ws": socket,
  "urql over graphql-ws": urqlOverSocket,
  "urql alone": urqlAlone,
};

/** Two people who share a household. */
async function family() {
  const [ana, ben] = await Promise.all([newcomer(stack.graph, "Ana"), newcomer(stack.graph, "Ben")]);
  const home = await household(stack.graph, ana);
  await joined(stack.graph, home, ana, ben);
  return { ana, ben, home };
}

async function cursor({ client }: Person, home: string): Promise<string> {
  const { data, error } = await client.query(ChangesCursor, { household: home });
  assert.ok(data?.household, String(error));
  return data.household.changesCursor;
}

async function next(live: AsyncGenerator<Change, never>): Promise<Change> {
  return (await live.next()).value;
}

for (const [name, client] of Object.entries(CLIENTS)) {
  test(`${name} tells a member what another one recorded, and who that is`, { timeout }, async () => {
    const { ana, ben, home } = await family();
    const start = await cursor(ben, home);
    const live = changes(client(stack.graph, ben.tokens), home, start, () => assert.fail("the token is good"));
    const heard = next(live);
    const bread = await recorded(ana, { householdId: home });
    const { kind, by, expense } = await heard;
    assert.deepEqual({ kind, by: by.displayName }, { kind: "CREATED", by: "Ana" });
    assert.equal(expense!.id, bread.id);
    assert.deepEqual(expense!.amount, bread.amount);
    await live.return(undefined as never);
  });

  test(`${name} goes on after the last cursor when its connection was cut`, { timeout }, async () => {
    const { ana, ben, home } = await family();
    const wire = await Wire.to(stack.graph);
    const start = await cursor(ben, home);
    const live = changes(client(wire.url, ben.tokens), home, start, () => assert.fail("the token is good"));
    const ids: string[] = [];
    const heard: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      ids.push((await recorded(ana, { householdId: home })).id);
      heard.push((await next(live)).expense!.id);
      assert.ok(wire.cut() > 0);
      // One that nobody is told of as it happens.
      ids.push((await recorded(ana, { householdId: home })).id);
      heard.push((await next(live)).expense!.id);
    }
    assert.deepEqual(heard, ids);
    await live.return(undefined as never);
    wire.close();
  });

  test(`${name} is told when its token is over, and goes on with the next one`, { timeout }, async () => {
    const { ana, ben, home } = await family();
    const start = await cursor(ben, home);
    let renewed = () => {};
    const renewal = new Promise<void>((resolve) => (renewed = resolve));
    const live = changes(client(stack.graph, ben.tokens), home, start, async () => {
      await renew(stack.graph, ben.tokens);
      renewed();
    });
    const before = next(live);
    await recorded(ana, { householdId: home, description: "Before" });
    assert.equal((await before).expense!.description, "Before");

    // Ben's households change, and with them his tokens.
    const later = next(live);
    await household(stack.graph, ben);
    await renewal;
    await recorded(ana, { householdId: home, description: "Later" });
    assert.equal((await later).expense!.description, "Later");
    await live.return(undefined as never);
  });

  test(`${name} hears why a stranger is told nothing`, { timeout }, async () => {
    const { ana, home } = await family();
    const eve = await newcomer(stack.graph, "Eve");
    const live = changes(client(stack.graph, eve.tokens), home, await cursor(ana, home), () => assert.fail());
    await assert.rejects(next(live), (reason) => {
      assert.equal(codeOf(reason), "NOT_FOUND");
      return true;
    });
  });
}
