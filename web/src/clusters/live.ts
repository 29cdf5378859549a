/** The remote clusters, live: all of them again whenever one is changed or contacted. */
import { useEffect, useState } from "react";
import { graphql } from "../gql";
import type { RemoteClusterChangesSubscription } from "../gql/graphql";
import { useLive } from "../live/Live";

const RemoteClusterChangesDocument = graphql(`
  subscription RemoteClusterChanges {
    remoteClusterChanges {
      id
      name
      kind
      url
      caCertificate
      userName
      version
      state
      since
      failedStep
      failure
      triedAt
      contactedAt
      runs
      nodes
      capacity { product total free }
      devicesTotal
      devicesFree
      jobsActive
      jobsWaiting
      jobsSent
      latencySeconds
      certificateExpiresAt
      certificateEndsSoon
      history { time state step reason }
    }
  }
`);

export type ClusterInfo = RemoteClusterChangesSubscription["remoteClusterChanges"][number];

export interface Clusters {
  /** By name; null before they are known. */
  all: readonly ClusterInfo[] | null;
  /** What the server said when it refused the subscription. */
  failure: string | null;
}

/** Not held by a pause: whether a cluster is there is no number. */
export function useClusters(): Clusters {
  const { connection } = useLive();
  const [known, setKnown] = useState<Clusters>({ all: null, failure: null });
  useEffect(() => connection.subscribe(RemoteClusterChangesDocument.toString(), {}, {
    next: (data) => setKnown({ all: (data as RemoteClusterChangesSubscription).remoteClusterChanges, failure: null }),
    failed: (failure) => setKnown(({ all }) => ({ all, failure })),
  }), [connection]);
  return known;
}
