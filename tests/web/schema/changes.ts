import { CriticalityLevel, diff, DiffRule } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

export type Changes = Record<"breaking" | "dangerous" | "safe", string[]>;

/**
 * What a change of the public schema means for the clients that are out there. Breaking: an operation that was right is
 * wrong now, or answers in another form. Dangerous: a client that is not prepared may stumble, as over a new enum value.
 * Better words for the same thing are no change.
 */
export async function changes(before: string, after: string): Promise<Changes> {
  const found = await diff(buildSchema(before), buildSchema(after), [DiffRule.ignoreDescriptionChanges]);
  const of = (level: CriticalityLevel) =>
    found.filter(({ criticality }) => criticality.level === level).map(({ message }) => message);
  return {
    breaking: of(CriticalityLevel.Breaking),
    dangerous: of(CriticalityLevel.Dangerous),
    safe: of(CriticalityLevel.NonBreaking),
  };
}
