/** The people on board, live. */
import { graphql } from "../gql";
import type { UserChangesSubscription } from "../gql/graphql";
import { useChanges, type Followed } from "../live/useChanges";

const UserChangesDocument = graphql(`
  subscription UserChanges {
    userChanges {
      isSnapshot
      isComplete
      removed
      changed {
        id
        name
        displayName
        roles
        version
        createdAt
        lastSignInAt
        leftDirectoryAt
        group { id name }
      }
    }
  }
`);

export type UserInfo = UserChangesSubscription["userChanges"]["changed"][number];

export const useUsers = (): Followed<UserInfo> => useChanges(UserChangesDocument, "userChanges");
