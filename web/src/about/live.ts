/** What runs here, live, for operators. Not held by a pause: a part that fails is no number. */
import { useEffect, useState } from "react";
import type { AboutChangesSubscription } from "../gql/graphql";
import { useLive } from "../live/Live";
import { AboutChangesDocument, type AboutInfo } from "./documents";

export interface KnownAbout {
  /** Null before it is known. */
  about: AboutInfo | null;
  /** What the server said when it refused the subscription. */
  failure: string | null;
}

export function useAbout(): KnownAbout {
  const { connection } = useLive();
  const [known, setKnown] = useState<KnownAbout>({ about: null, failure: null });
  useEffect(() => connection.subscribe(AboutChangesDocument.toString(), {}, {
    next: (data) => setKnown({ about: (data as AboutChangesSubscription).aboutChanges, failure: null }),
    failed: (failure) => setKnown(({ about }) => ({ about, failure })),
  }), [connection]);
  return known;
}
