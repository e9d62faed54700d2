import type { CodegenConfig } from "@graphql-codegen/cli";

/** What the public schema becomes in a web app: the client preset, with no scalar left to `any`. */
const config: CodegenConfig = {
  schema: "../../schema/api.graphql",
  documents: ["client/documents.ts"],
  generates: {
    "generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        // A scalar that the schema gains and this list does not know stops the generation.
        strictScalars: true,
        // All of them are JSON strings, and stay strings: no digit of an amount and no day of a date gets lost.
        scalars: { Decimal: "string", Date: "string", DateTime: "string", CurrencyCode: "string" },
        enumType: "string-literal",
        useTypeImports: true,
        emitLegacyCommonJSImports: false,
        importExtension: ".js",
      },
    },
  },
};

export default config;
