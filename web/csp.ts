import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

/**
 * The text of the one constant <style> that react-aria's usePress adds at run time, read from the
 * installed source so that an upgrade cannot drift from the policy unnoticed.
 */
export function pressableStyle(): string {
  const entry = createRequire(import.meta.url).resolve("react-aria/package.json");
  const source = readFileSync(join(dirname(entry), "dist/private/interactions/usePress.mjs"), "utf8");
  const text = /\.textContent\s*=\s*`([^`]*)`\.trim\(\)/.exec(source)?.[1];
  const constant = /const [\w$]+ = '(data-react-aria-pressable)'/.exec(source)?.[1];
  if (text === undefined || constant === undefined) {
    throw new Error("react-aria's usePress no longer adds its style the way csp.ts knows.");
  }
  return text.replace(/\$\{[^}]+\}/g, constant).trim();
}

/** The source expression of Content-Security-Policy for an inline style of this text. */
export function hashOf(style: string): string {
  return `sha256-${createHash("sha256").update(style).digest("base64")}`;
}

/** Writes csp.json beside the build: what the server's policy has to allow besides its own origin. */
export function styleHashes(): Plugin {
  return {
    name: "quartermaster-style-hashes",
    apply: "build",
    generateBundle() {
      const source = JSON.stringify({ styleHashes: [hashOf(pressableStyle())] });
      this.emitFile({ type: "asset", fileName: "csp.json", source });
    },
  };
}
