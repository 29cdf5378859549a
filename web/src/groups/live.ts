/** The groups, live. */
import { graphql } from "../gql";
import type { GroupChangesSubscription } from "../gql/graphql";
import { useChanges, type Watched } from "../live/useChanges";

const GroupsDocument = graphql(`
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

const read = (data: GroupChangesSubscription) => data.groupChanges;

export const useGroups = (): Watched<GroupInfo> => useChanges(GroupsDocument, read);
