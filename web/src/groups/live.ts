/** The groups, live. */
import { useMemo } from "react";
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
        enforcement { state reason objectName }
        users(first: 1) { totalCount }
      }
    }
  }
`);

export type GroupInfo = GroupChangesSubscription["groupChanges"]["changed"][number];

export const useGroups = (): Followed<GroupInfo> => useChanges(GroupChangesDocument, "groupChanges");

const collator = new Intl.Collator("en", { numeric: true });

/** By name, the Default group last. */
export function useSortedGroups({ items, version }: Followed<GroupInfo>): readonly GroupInfo[] {
  return useMemo(
    () => [...items.values()].toSorted((a, b) => Number(a.isDefault) - Number(b.isDefault) || collator.compare(a.name, b.name)),
    // The version stands for the content.
    // oxlint-disable-next-line react/exhaustive-deps
    [items, version],
  );
}
