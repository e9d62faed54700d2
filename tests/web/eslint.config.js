import graphql from "@graphql-eslint/eslint-plugin";
export default [{
  files: ["**/*.graphql"], languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "/work/main/schema/api.graphql" } } }, plugins: { "@graphql-eslint": graphql },
  rules: { ...graphql.configs["flat/schema-all"].rules, ...graphql.configs["flat/schema-relay"].rules },
}];
