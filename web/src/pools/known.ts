/** The pools of the pushed snapshot, as lists of jobs and the choice of a group's pool need them. */
import { graphql, useFragment } from "../gql";
import type { PoolsKnownFragment } from "../gql/graphql";
import { useCluster } from "../live/Live";

const PoolsKnown = graphql(`
  fragment PoolsKnown on Cluster {
    pools {
      id
      name
      deviceTypes { id name }
      group { id name }
      load { devices free }
    }
  }
`);

export type KnownPool = PoolsKnownFragment["pools"][number];

/** Undefined before the first snapshot. */
export function useKnownPools(): readonly KnownPool[] | undefined {
  return useFragment(PoolsKnown, useCluster())?.pools;
}
