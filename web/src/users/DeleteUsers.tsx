/** Delete users: what each leaves comes first; who cannot go is named with the jobs or the reason. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { graphql } from "../gql";
import type { JobInfo } from "../live/documents";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { ConfirmDelete } from "../ui/ConfirmDelete";
import { plural } from "../ui/format";
import { OutcomeBox } from "../ui/RefusalBox";
import type { UserInfo } from "./live";

const DeleteUsersDocument = graphql(`
  mutation DeleteUsers($input: DeleteUsersInput!) {
    deleteUsers(input: $input) {
      kind: __typename
      ... on UsersDeleted { ids }
      ... on Refusal { message }
      ... on ItemsRefused { items { id name reasons { message } } }
    }
  }
`);

interface DeleteUsersProps {
  users: readonly UserInfo[];
  /** How many operators there are besides them. */
  otherOperators: number;
  selfName: string;
  jobsOf: ReadonlyMap<string, readonly JobInfo[]>;
  /** Goes on with these only. */
  onOnly: (users: readonly UserInfo[]) => void;
  onDeleted: () => void;
  onClose: () => void;
}

export function DeleteUsers({ users, otherOperators, selfName, jobsOf, onOnly, onDeleted, onClose }: DeleteUsersProps) {
  const { send, outcome, isSending } = useMutation(DeleteUsersDocument);
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const operators = users.filter((user) => user.roles.includes("OPERATOR"));
  const whyNot = (user: UserInfo): ReactNode => {
    if (user.name === selfName) return "is you: another operator can delete you.";
    const jobs = jobsOf.get(user.id) ?? [];
    if (jobs.length > 0) return <>has {plural(jobs.length, "active job")}: <Link to="/jobs" search={{ user: [user.name] }}>{brief(jobs.map((job) => job.name))}</Link></>;
    if (otherOperators === 0 && user === operators.at(-1)) return "would be the last operator; give the role to another first.";
    return null;
  };
  const blocked = users.map((user) => ({ user, why: whyNot(user) })).filter(({ why }) => why !== null);
  const others = users.filter((user) => !blocked.some((one) => one.user === user));
  const one = users.length === 1 ? users[0].name : null;
  const confirm = async () => {
    const done = await send({ users: users.map((user) => user.id) });
    if (done.kind !== "done") return;
    announce(one === null ? `${plural(users.length, "user")} are deleted.` : `${one} is deleted.`);
    onDeleted();
  };
  return (
    <ConfirmDelete
      title={`Delete ${one === null ? plural(users.length, "user") : one}?`}
      returns={<><b>{one ?? "They"} {one === null ? "leave" : "leaves"} {leaves(users)}</b>; {one === null ? "their" : "the"} sessions end at once, and {one === null ? "they" : one} cannot sign in any more.</>}
      checks={[
        ["Group", leaves(users)],
        ["Active jobs", total(users, jobsOf)],
        ["Roles", operators.length === 0 ? "no operator among them" : `${plural(operators.length, "operator")}; ${otherOperators === 0 ? "no other stays" : `${plural(otherOperators, "other")} stay`}`],
        ["History", "ended jobs and the audit log are kept"],
      ]}
      blockers={blocked.map(({ user, why }) => ({ name: user.name, reason: why }))}
      instead={others.length > 0 && <Action isSmall onPress={() => onOnly(others)}>Delete only {others.length === 1 ? others[0].name : `the other ${others.length}`}</Action>}
      confirm={`Delete ${one === null ? plural(users.length, "user") : "user"}`}
      isSending={isSending}
      refusal={
        <OutcomeBox outcome={outcome} not={one === null ? "Nobody was deleted" : "Not deleted"} details={refusal?.kind === "ItemsRefused" && users.length > 1 && (
          <ul>{refusal.items.map((item) => <li key={item.name}><b>{item.name}</b> {item.reasons.map((reason) => reason.message).join(" ")}</li>)}</ul>
        )} />
      }
      onConfirm={() => void confirm()}
      onClose={onClose}
    />
  );
}

/** "Research and Vision", "no group". */
function leaves(users: readonly UserInfo[]): string {
  const names = [...new Set(users.flatMap((user) => (user.group ? [user.group.name] : [])))].toSorted();
  if (names.length === 0) return "no group";
  return names.length > 4 ? `${names.length} groups` : names.join(", ").replace(/, ([^,]*)$/, " and $1");
}

function total(users: readonly UserInfo[], jobsOf: ReadonlyMap<string, readonly JobInfo[]>): string {
  const sum = users.reduce((n, user) => n + (jobsOf.get(user.id)?.length ?? 0), 0);
  return sum === 0 ? "none" : String(sum);
}

const brief = (names: readonly string[]): string => names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
