/** The Feature Store, live. */
import { useEffect, useState } from "react";
import { graphql } from "../gql";
import type { FeatureStoreChangesSubscription } from "../gql/graphql";
import { useLive } from "../live/Live";

const FeatureStoreChangesDocument = graphql(`
  subscription FeatureStoreChanges {
    featureStoreChanges {
      id
      version
      isLocked
      usedAt
      usedBy
      target { id name uuid state }
    }
  }
`);

export type StoreInfo = NonNullable<FeatureStoreChangesSubscription["featureStoreChanges"]>;

export interface Store {
  /** Null before it is known. */
  store: StoreInfo | null;
  /** What the server said when it refused the subscription. */
  failure: string | null;
}

export function useFeatureStore(): Store {
  const { connection } = useLive();
  const [known, setKnown] = useState<Store>({ store: null, failure: null });
  useEffect(() => connection.subscribe(FeatureStoreChangesDocument.toString(), {}, {
    next: (data) => setKnown({ store: (data as FeatureStoreChangesSubscription).featureStoreChanges ?? null, failure: null }),
    failed: (failure) => setKnown(({ store }) => ({ store, failure })),
  }), [connection]);
  return known;
}
