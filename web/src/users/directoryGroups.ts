/** Groups of the directory, and who is in one of them. */
import { useState } from "react";
import { graphql } from "../gql";
import type { DirectoryMembersQuery } from "../gql/graphql";
import { useDocument } from "../session/graph";

const DirectoryGroupsDocument = graphql(`
  query DirectoryGroups($isFresh: Boolean!) {
    directoryGroups(isFresh: $isFresh) { readAt problem groups { key name } }
  }
`);
const DirectoryMembersDocument = graphql(`
  query DirectoryMembers($key: String!, $name: String!) {
    directoryMembers(key: $key, name: $name) {
      problem
      isCut
      group { id name }
      people { subject name displayName user { id name group { id name } } }
    }
  }
`);

export type Members = NonNullable<DirectoryMembersQuery["directoryMembers"]>;
export type Member = Members["people"][number];

export function useDirectoryGroups() {
  const [isFresh, setFresh] = useState(false);
  const { data, failure, isLoading, retry } = useDocument(DirectoryGroupsDocument, { isFresh });
  return { read: data?.directoryGroups, failure, isLoading, refresh: () => (isFresh ? retry() : setFresh(true)) };
}

export function useMembers(group: { key: string; name: string }) {
  const { data, failure, retry } = useDocument(DirectoryMembersDocument, group);
  return { read: data?.directoryMembers, failure, retry };
}

/** Why somebody is not offered; null: they are. */
export function whyNot({ user }: Member): string | null {
  if (user == null) return null;
  return user.group == null ? null : `already in ${user.group.name}; remove there first`;
}
