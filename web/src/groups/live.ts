/** The groups, live. */
import { graphql } from "../gql";
import type { GroupChangesSubscription } from "../gql/graphql";
import { useChanges, type Followed } from "../live/useChanges";

const GroupChangesDocument = graphql(`
  subscription GroupChanges {
    groupChanges {
      isSnapshot
      isComplete
      removed
      changed {
        id
        name
        isDefault
        version
        createdAt
        pool { id name isDefault }
        users(first: 1) { totalCount }
      }
    }
  }
`);

export type GroupInfo = GroupChangesSubscription["groupChanges"]["changed"][number];

export const useGroups = (): Followed<GroupInfo> => useChanges(GroupChangesDocument, "groupChanges");
