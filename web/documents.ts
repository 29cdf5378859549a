import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { formatDocument, stringifyDocument } from "@urql/core";
import { parse } from "graphql";
import type { Plugin } from "vite";

/** The texts of the generated documents: `src/gql/graphql.ts` holds each operation with its fragments. */
export function documentsIn(generated: string): string[] {
  const texts = generated.matchAll(/^export const \w+Document = new TypedDocumentString\(`([^`]+)`/gm);
  return [...texts].map(([, text]) => text.trim());
}

/** A question goes out as urql sends it (with `__typename`), a subscription as it is written. */
export function manifestOf(generated: string): Record<string, string> {
  const texts = documentsIn(generated).flatMap((text) => [text, stringifyDocument(formatDocument(parse(text)))]);
  return Object.fromEntries(texts.map((text) => [`sha256:${createHash("sha256").update(text).digest("hex")}`, text]));
}

/** Writes documents.json beside the build: what a server that knows its documents beforehand must know. */
export function knownDocuments(): Plugin {
  return {
    name: "quartermaster-known-documents",
    apply: "build",
    generateBundle() {
      const generated = readFileSync(resolve(import.meta.dirname, "src/gql/graphql.ts"), "utf8");
      this.emitFile({ type: "asset", fileName: "documents.json", source: JSON.stringify(manifestOf(generated)) });
    },
  };
}
