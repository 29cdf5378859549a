import type { CodegenConfig } from "@graphql-codegen/cli";

/** Types of every document of the web, made from the schema that the server exports. */
const config: CodegenConfig = {
  schema: "../schema/schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/gql/**"],
  ignoreNoDocuments: true,
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: true },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        strictScalars: true,
        useTypeImports: true,
        scalars: { Bytes: "number", DateTime: "string" },
      },
    },
  },
};

export default config;
