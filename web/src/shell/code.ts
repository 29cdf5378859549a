/** Screens in files of their own, which are fetched when they are first wanted. */
import { lazyRouteComponent } from "@tanstack/react-router";

/** The file could not be had: the server is away, or a newer release stands in its place. */
export class CodeMissing extends Error {}

/** In the words of Chromium, Firefox, Safari and Vite. */
const MISSING = /dynamically imported module|module script failed|preload CSS/i;

export function screen<T extends Record<string, unknown>, K extends keyof T & string>(load: () => Promise<T>, name: K) {
  return lazyRouteComponent(() => load().catch(toCodeMissing), name);
}

function toCodeMissing(error: unknown): never {
  if (error instanceof Error && MISSING.test(error.message)) throw new CodeMissing("Its code could not be fetched.");
  throw error;
}
