/** The people on board, live. */
import { graphql } from "../gql";
import type { UserChangesSubscription } from "../gql/graphql";
import { useChanges, type Watched } from "../live/useChanges";

const UsersDocument = graphql(`
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
        group { id name }
      }
    }
  }
`);

export type UserInfo = UserChangesSubscription["userChanges"]["changed"][number];

const read = (data: UserChangesSubscription) => data.userChanges;

export const useUsers = (): Watched<UserInfo> => useChanges(UsersDocument, read);
