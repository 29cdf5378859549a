/** What webhooks are told of, and how they fare, in words. */
import type { HealthLevel } from "../gql/graphql";
import { duration, since } from "../ui/format";
import type { WebhookInfo } from "./live";

/** From the mildest on: a level is told when it is reached and when it is left. */
export const LEVELS: readonly { id: HealthLevel; words: string }[] = [
  { id: "WARNING", words: "Warning and worse" },
  { id: "UNKNOWN", words: "Unknown and critical" },
  { id: "CRITICAL", words: "Critical only" },
  { id: "OK", words: "Every change" },
];

export const levelWords = (level: HealthLevel): string => LEVELS.find(({ id }) => id === level)?.words ?? level;

/** "delivered 3 min ago", "failing for 2 min: …; next try in 20 s". */
export function stateWords(webhook: WebhookInfo, nowMs: number): string {
  if (webhook.state === "FAILING") {
    const began = webhook.failingSince == null ? "failing" : `failing for ${since(webhook.failingSince, nowMs)}`;
    const next = webhook.nextAttemptAt == null || !webhook.isEnabled ? null : Date.parse(webhook.nextAttemptAt) - nowMs;
    const again = next === null ? "" : next <= 0 ? " Trying again now." : ` Next try in ${duration(next)}.`;
    return `${began}: ${webhook.failure ?? "the last try failed."}${again}`;
  }
  if (!webhook.isEnabled) return "off";
  return webhook.deliveredAt == null ? "nothing to tell yet" : `delivered ${since(webhook.deliveredAt, nowMs)} ago`;
}

const SECRET_BYTES = 32;

/** A secret as Standard Webhooks serialises it. */
export function newSecret(): string {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(SECRET_BYTES))))}`;
}
