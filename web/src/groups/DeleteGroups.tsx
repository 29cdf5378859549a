/** Delete groups that have nobody and nothing left; what is left of the others is named. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { ConfirmDelete, type Blocker } from "../ui/ConfirmDelete";
import { plural } from "../ui/format";
import { OutcomeBox } from "../ui/RefusalBox";
import type { GroupInfo } from "./live";

const DeleteGroupsDocument = graphql(`
  mutation DeleteGroups($input: DeleteGroupsInput!) {
    deleteGroups(input: $input) {
      kind: __typename
      ... on GroupsDeleted { ids }
      ... on Refusal { message }
      ... on ItemsRefused { items { id name reasons { message } } }
    }
  }
`);

interface DeleteGroupsProps {
  groups: readonly GroupInfo[];
  /** Goes on with these only. */
  onOnly: (groups: readonly GroupInfo[]) => void;
  onDeleted: () => void;
  onClose: () => void;
}

export function DeleteGroups({ groups, onOnly, onDeleted, onClose }: DeleteGroupsProps) {
  const { send, outcome, isSending } = useMutation(DeleteGroupsDocument);
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const blockers = groups.map((group) => ({ group, why: whatIsLeft(group) })).filter(({ why }) => why !== null);
  const empty = groups.filter((group) => whatIsLeft(group) === null);
  const one = groups.length === 1 ? groups[0].name : null;
  const what = one === null ? plural(groups.length, "group") : `group ${one}`;
  const confirm = async () => {
    const done = await send({ groups: groups.map((group) => group.id) });
    if (done.kind !== "done") return;
    announce(one === null ? `${plural(groups.length, "group")} are deleted.` : `The group ${one} is deleted.`);
    onDeleted();
  };
  return (
    <ConfirmDelete
      title={`Delete ${what}?`}
      returns={blockers.length > 0 ? <b>A group that has users or a pool is not deleted.</b> : <><b>{one === null ? "They have" : "It has"} no users and no pool,</b> so nothing else changes.</>}
      checks={[
        ["Users", sumOf(groups.map((group) => group.users.totalCount), "user")],
        ["Pool", groups.filter((group) => group.pool).map((group) => group.pool?.name).join(", ") || "none"],
        ["History", "kept in the audit log"],
      ]}
      blockers={blockers.map(({ group, why }): Blocker => ({ name: group.name, reason: why }))}
      instead={blockers.length > 0 && empty.length > 0 && <Action isSmall onPress={() => onOnly(empty)}>Delete only {empty.length === 1 ? empty[0].name : `the other ${empty.length}`}</Action>}
      confirm={`Delete ${one === null ? plural(groups.length, "group") : "group"}`}
      isSending={isSending}
      refusal={
        <OutcomeBox outcome={outcome} not={groups.length === 1 ? "Not deleted" : "None was deleted"} details={refusal?.kind === "ItemsRefused" && groups.length > 1 && (
          <ul>{refusal.items.map((item) => <li key={item.name}><b>{item.name}</b> {item.reasons.map((reason) => reason.message).join(" ")}</li>)}</ul>
        )} />
      }
      onConfirm={() => void confirm()}
      onClose={onClose}
    />
  );
}

/** Why it cannot go, with the way to change that; null: nothing is left. */
function whatIsLeft(group: GroupInfo): ReactNode | null {
  if (group.isDefault) return "exists from installation and is not deleted.";
  const users = group.users.totalCount;
  if (users === 0 && !group.pool) return null;
  const left = [users > 0 && plural(users, "user"), group.pool && `the pool ${group.pool.name}`].filter(Boolean).join(" and ");
  return <>still has {left}. <Link to="/groups" search={{ popup: "edit", which: [group.name] }}>Edit {group.name}</Link> to remove them.</>;
}

const sumOf = (counts: readonly number[], word: string): string => {
  const total = counts.reduce((sum, n) => sum + n, 0);
  return total === 0 ? "none" : plural(total, word);
};
