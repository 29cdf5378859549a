/** The DVS targets and the checks under way, live: all of them again whenever one changes. */
import { useEffect, useState } from "react";
import { graphql } from "../gql";
import type { DvsChangesSubscription } from "../gql/graphql";
import { useLive } from "../live/Live";

const DvsChangesDocument = graphql(`
  subscription DvsChanges {
    dvsChanges {
      targets {
        id
        uuid
        name
        isDefault
        version
        state
        failedPart
        failedStep
        failure
        failingSince
        checkedAt
        createdAt
        findings
        usedBy
        metadata {
          kind: __typename
          ... on Folder { path }
          ... on GitRepository { url userName }
        }
        storage {
          kind: __typename
          ... on Folder { path }
          ... on Nfs { path }
          ... on S3Bucket { endpoint region bucket prefix accessKeyId }
          ... on GcsBucket { bucket prefix accessKeyId }
        }
      }
      checks { key metadata storage done }
    }
  }
`);

type Changes = DvsChangesSubscription["dvsChanges"];
export type TargetInfo = Changes["targets"][number];
export type CheckInfo = Changes["checks"][number];

export interface Targets {
  /** The default one first, then by name; null before they are known. */
  all: readonly TargetInfo[] | null;
  checks: readonly CheckInfo[];
  /** What the server said when it refused the subscription. */
  failure: string | null;
}

/** Not held by a pause: what people do is no number. */
export function useTargets(): Targets {
  const { connection } = useLive();
  const [known, setKnown] = useState<Targets>({ all: null, checks: [], failure: null });
  useEffect(() => connection.subscribe(DvsChangesDocument.toString(), {}, {
    next: (data) => {
      const { targets, checks } = (data as DvsChangesSubscription).dvsChanges;
      setKnown({ all: targets, checks, failure: null });
    },
    failed: (failure) => setKnown((before) => ({ ...before, failure })),
  }), [connection]);
  return known;
}
