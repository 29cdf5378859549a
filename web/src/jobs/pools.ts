/** The pools of the pushed snapshot, as a list of jobs needs them. */
import { graphql, useFragment } from "../gql";
import { useCluster } from "../live/Live";

const JobPoolsFragment = graphql(`
  fragment JobPools on Cluster {
    pools { id name load { free } }
  }
`);

/** Undefined before the first snapshot. */
export function usePools() {
  return useFragment(JobPoolsFragment, useCluster())?.pools;
}
