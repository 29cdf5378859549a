/** What of the pushed snapshot says that a list of groups or users may have changed. */
import { graphql, useFragment, type FragmentType } from "../gql";

const SharePushedFragment = graphql(`
  fragment SharePushed on Cluster {
    groupsTotal
    usersTotal
    jobsActive
    load { allocated free }
  }
`);

/** Changes when the lists behind it have to be asked for again. */
export function usePushed(cluster: FragmentType<typeof SharePushedFragment> | null): string | null {
  const pushed = useFragment(SharePushedFragment, cluster);
  return pushed && `${pushed.groupsTotal} ${pushed.usersTotal} ${pushed.jobsActive} ${pushed.load.allocated} ${pushed.load.free}`;
}
