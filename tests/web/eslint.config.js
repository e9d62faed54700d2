import { resolve } from "node:path";
import graphql from "@graphql-eslint/eslint-plugin";

const schema = resolve(import.meta.dirname, "../../schema/api.graphql");

/** No field begins with the name of its type, but for `User.username`: that is one word. The rule has no option for it. */
const prefixes = graphql.rules["no-typename-prefix"];
const noTypenamePrefix = {
  ...prefixes,
  create(context) {
    const report = (problem) => problem.data.fieldName === "username" || context.report(problem);
    return prefixes.create(Object.create(context, { report: { value: report } }));
  },
};

/**
 * What is asked of the public schema.
 *
 * The recommended rules see to names and to types that nothing leads to. To them come those that this graph's own
 * conventions need: a description on everything, inputs named after their mutation, mutations that answer with a
 * payload, and connections, edges, cursors and page info as Relay's specification has them, because normalised caches
 * (Apollo's `relayStylePagination`, urql's `relayPagination`, Relay) count on their shape.
 *
 * Not asked: an alphabetical order, because the schema is told in the order in which it is best read; a `Query` in every
 * payload, because a payload carries the object that changed; nullable mutations, because what can go wrong is in their
 * `userErrors`.
 */
export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema } } },
    plugins: { "@graphql-eslint": { ...graphql, rules: { ...graphql.rules, "no-typename-prefix": noTypenamePrefix } } },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
          // It is GraphQL's own, and only printed because older tools do not know it.
          ignoredSelectors: ["DirectiveDefinition[name.value=oneOf]"],
        },
      ],
      // What happened is told forwards only.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
      "@graphql-eslint/input-name": ["error", { checkInputType: true, caseSensitiveInputType: false }],
      "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
      "@graphql-eslint/require-nullable-fields-with-oneof": "error",
      // Lists of plain values, such as user errors and tags, are no connections; and there is no `Node` interface, because
      // nothing is fetched again by its id without saying what it is.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
      // A type without an id is kept by a cache inside of what it belongs to. That is meant for these, and an oversight
      // for any other.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            suffixes: ["Payload", "UserError", "Connection", "Edge", "PageInfo"],
            types: [
              "TokenPair",
              "Money",
              "ExpenseSnapshot",
              "ExpenseTotal",
              "EarlierTotal",
              "ExpenseChange",
              "ExpenseConflict",
              "ExpensePayer",
              "ExpenseShare",
              "ExpenseSplitPart",
              "SplitExplanation",
              "ShareExplanation",
              "SettlementPlan",
              "SuggestedTransfer",
              "SettlementChange",
              "MemberBalance",
              "ExpenseExchange",
              "LedgerCheck",
              "HouseholdMember",
              "HouseholdChange",
              "PendingEmailChange",
              "FormerMembership",
            ],
          },
        },
      ],
    },
  },
];
