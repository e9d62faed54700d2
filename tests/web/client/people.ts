import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Client } from "@urql/core";
import { AcceptInvitation, CreateExpense, CreateHousehold, InviteToHousehold, Register } from "./documents.ts";
import type { CreateExpenseInput } from "../generated/graphql.ts";
import { anonymous, renew, signedIn, type Tokens } from "./session.ts";

export const PASSWORD = "a kettle sings at dawn";

export type Person = { email: string; tokens: Tokens; client: Client };

/** Registers somebody new. */
export async function newcomer(graph: string, displayName: string): Promise<Person> {
  const email = `${displayName.toLowerCase()}-${randomUUID()}@example.org`;
  const result = await anonymous(graph).mutation(Register, { input: { email, password: PASSWORD, displayName } });
  const tokens = result.data?.register.tokens;
  assert.ok(tokens, `nobody was registered: ${result.error ?? JSON.stringify(result.data)}`);
  return { email, tokens, client: signedIn(graph, tokens) };
}

/** The input of an expense, with something in every field that must have one. */
export function expense(input: Partial<CreateExpenseInput> = {}): CreateExpenseInput {
  return {
    idempotencyKey: randomUUID(),
    amount: { amount: "12.50", currency: "EUR" },
    description: "Bread and cheese",
    date: "2026-01-31",
    ...input,
  };
}

/** Records an expense of somebody's and gives it back. */
export async function recorded({ client }: Person, input: Partial<CreateExpenseInput> = {}) {
  const result = await client.mutation(CreateExpense, { input: expense(input) });
  const payload = result.data?.createExpense;
  assert.ok(payload?.expense, `it was not recorded: ${result.error ?? JSON.stringify(payload)}`);
  return payload.expense;
}

/** Founds a household of somebody's and gives its id. */
export async function household(graph: string, { client, tokens }: Person): Promise<string> {
  const input = { name: "Home", currency: "EUR", timeZone: "Europe/Berlin" };
  const { data, error } = await client.mutation(CreateHousehold, { input });
  assert.ok(data?.createHousehold.household, String(error));
  await renew(graph, tokens);
  return data.createHousehold.household.id;
}

/** Makes somebody an adult of another one's household. */
export async function joined(graph: string, householdId: string, owner: Person, person: Person): Promise<void> {
  const invited = await owner.client.mutation(InviteToHousehold, { input: { householdId, role: "ADULT" } });
  const code = invited.data?.inviteToHousehold.code;
  assert.ok(code, String(invited.error));
  const { data, error } = await person.client.mutation(AcceptInvitation, { input: { code } });
  assert.deepEqual(data?.acceptInvitation.userErrors, [], String(error));
  await Promise.all([renew(graph, owner.tokens), renew(graph, person.tokens)]);
}
