/** Tokens and sessions in words. */
import type { TokenScope } from "../gql/graphql";
import { duration } from "../ui/format";

export const SCOPE_WORDS: Record<TokenScope, string> = { READ: "Read", MANAGE: "Read and manage" };

export const SCOPES = [
  { id: "READ", words: SCOPE_WORDS.READ, more: "sees what you see, changes nothing" },
  { id: "MANAGE", words: SCOPE_WORDS.MANAGE, more: "changes what you may change" },
] as const satisfies readonly { id: TokenScope; words: string; more: string }[];

const DAY_MS = 86_400_000;
const SOON_MS = 7 * DAY_MS;

export type Lifetime = "living" | "soon" | "over";

export function lifetime(expiresAt: string, nowMs: number): Lifetime {
  const left = Date.parse(expiresAt) - nowMs;
  return left <= 0 ? "over" : left <= SOON_MS ? "soon" : "living";
}

/** "in 89 d 23 h", "expired". */
export function expiryWords(expiresAt: string, nowMs: number): string {
  const left = Date.parse(expiresAt) - nowMs;
  return left <= 0 ? "expired" : `in ${left > SOON_MS ? `${Math.ceil(left / DAY_MS)} d` : duration(left)}`;
}

/** The choices of a lifetime that are allowed, the longest allowed among them. */
export function lifetimes(mostDays: number): { id: string; words: string }[] {
  const days = [7, 30, 90, 180, 365].filter((n) => n < mostDays);
  return [...days, mostDays].map((n) => ({ id: String(n), words: n === 1 ? "1 day" : `${n} days` }));
}

export const normalDays = (mostDays: number): string => String(Math.min(90, mostDays));

/** A code as people type it: letters alone, in two halves. */
export function tidyCode(typed: string): string {
  const letters = typed.toUpperCase().replace(/[^A-Z]/g, "").slice(0, 8);
  return letters.length > 4 ? `${letters.slice(0, 4)}-${letters.slice(4)}` : letters;
}
