import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Client } from "@urql/core";
import { CreateExpense, Register } from "./documents.ts";
import type { CreateExpenseInput } from "../generated/graphql.ts";
import { anonymous, signedIn, type Tokens } from "./session.ts";

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
