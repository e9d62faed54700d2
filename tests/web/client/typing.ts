// What the compiler must refuse. Each line that follows an `@ts-expect-error` fails the build if it is accepted.

import type { CreateExpenseErrorCode, ExpenseLineFragment, MoneyInput } from "../generated/graphql.ts";

/** Money is text on its way in, and text on its way out. */
export function money(line: ExpenseLineFragment): MoneyInput {
  // @ts-expect-error: a number has lost digits before it gets here.
  line.amount.amount satisfies number;
  // @ts-expect-error
  const input: MoneyInput = { amount: 12.5, currency: "EUR" };
  return input;
}

/** Every reason of a mutation is known by name, so that an app can be sure that it has words for each. */
export function words(code: CreateExpenseErrorCode): string {
  // @ts-expect-error: there is no such reason.
  if (code === "TOO_EXPENSIVE") return "";
  const fields: Record<CreateExpenseErrorCode, string> = {
    REQUIRED: "Say what it was.",
    TOO_LONG: "Say it in fewer words.",
    TOO_MANY: "That is too many.",
    CONTROL_CHARACTER: "Write it in one line.",
    AMOUNT_NOT_POSITIVE: "An expense is more than zero.",
    AMOUNT_TOO_PRECISE: "That currency has no such small coins.",
    AMOUNT_TOO_LARGE: "Nobody has that much.",
    NOT_FOUND: "There is no such household.",
    FORBIDDEN: "Ask an adult of the household.",
    HOUSEHOLD_REQUIRED: "Say which household shares it.",
    MEMBER_UNKNOWN: "Somebody in it is not of the household.",
    MEMBER_REPEATED: "Somebody is in it twice.",
    PAYERS_DO_NOT_SUM: "What was paid is not the whole amount.",
    SPLIT_DOES_NOT_SUM: "The shares are not the whole amount.",
    SPLIT_PART_INVALID: "A share is more than nothing.",
    VISIBILITY_INVALID: "It cannot be hidden like that.",
    REVEAL_DATE_INVALID: "Choose a later day.",
    EXCHANGE_NOT_NEEDED: "It is in that currency already.",
    EXCHANGE_CURRENCY_INVALID: "Choose the currency of your household.",
    EXCHANGE_RATE_INVALID: "That is no rate.",
    IDEMPOTENCY_KEY_INVALID: "Something is wrong with this app.",
    IDEMPOTENCY_KEY_REUSED: "Something is wrong with this app.",
  };
  return fields[code];
}
