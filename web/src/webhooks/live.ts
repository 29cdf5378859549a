/** The webhooks, live: all of them again whenever one is changed, delivered to, or fails. */
import { useEffect, useState } from "react";
import { graphql } from "../gql";
import type { WebhookChangesSubscription } from "../gql/graphql";
import { useLive } from "../live/Live";

const WebhookChangesDocument = graphql(`
  subscription WebhookChanges {
    webhookChanges {
      id
      name
      url
      minimumLevel
      isEnabled
      version
      state
      failure
      failingSince
      attempts
      attemptedAt
      deliveredAt
      nextAttemptAt
      missed
    }
  }
`);

export type WebhookInfo = WebhookChangesSubscription["webhookChanges"][number];

export interface Webhooks {
  /** By name; null before they are known. */
  all: readonly WebhookInfo[] | null;
  /** What the server said when it refused the subscription. */
  failure: string | null;
}

/** Not held by a pause: what people do is no number. */
export function useWebhooks(): Webhooks {
  const { connection } = useLive();
  const [known, setKnown] = useState<Webhooks>({ all: null, failure: null });
  useEffect(() => connection.subscribe(WebhookChangesDocument.toString(), {}, {
    next: (data) => setKnown({ all: (data as WebhookChangesSubscription).webhookChanges, failure: null }),
    failed: (failure) => setKnown(({ all }) => ({ all, failure })),
  }), [connection]);
  return known;
}
