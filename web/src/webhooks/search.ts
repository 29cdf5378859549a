/** Which popup is open over the webhooks, as the address says it. */
import { listOf, oneOf } from "../search";

export type WebhookPopup = "create" | "edit" | "delete" | "test";

export interface WebhookSearch {
  popup?: WebhookPopup | undefined;
  /** The webhooks that the popup is about, by name. */
  which?: string[] | undefined;
}

export function readWebhookSearch(search: Record<string, unknown>): WebhookSearch {
  return {
    popup: oneOf(search["popup"], ["create", "edit", "delete", "test"] as const),
    which: listOf(search["which"]),
  };
}
