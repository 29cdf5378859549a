/** The people on board: roles, group, active jobs and last sign-in. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { graphql, useFragment, type FragmentType } from "../gql";
import { usePushed } from "../groups/pushed";
import { useCluster } from "../live/Live";
import { useDocument } from "../session/graph";
import { Action } from "../ui/Action";
import { FilterField } from "../ui/FilterField";
import { count, since } from "../ui/format";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { ROLE_WORDS } from "./roles";
import table from "../ui/Table.module.css";
import { useNow } from "../ui/useNow";

const UserListDocument = graphql(`
  query UserList($filter: UserFilter, $first: Int!) {
    users(filter: $filter, first: $first) {
      totalCount
      pageInfo { hasNextPage }
      edges { node { id ...UserRow } }
    }
  }
`);

const UserRowFragment = graphql(`
  fragment UserRow on User {
    name
    displayName
    roles
    group { name }
    lastSignInAt
    jobs(first: 1, filter: { states: [QUEUED, RUNNING] }) { totalCount }
  }
`);

const PAGE = 50;

export function UserList() {
  const cluster = useCluster();
  const [q, setQ] = useState("");
  const [first, setFirst] = useState(PAGE);
  const { data, failure, retry } = useDocument(UserListDocument, { filter: q === "" ? null : { search: q }, first }, usePushed(cluster));
  return (
    <Screen title="Users" note={data && count(data.users.totalCount)} aside={<FilterField label="Name" value={q} onChange={setQ} />}>
      <Panel title="By name" note="Users are read only in this version.">
        {failure && !data ? <Failed what="The users" failure={failure} retry={retry} />
          : !data ? <Skeleton rows={8} rowHeight={32} />
          : data.users.edges.length === 0 ? <Empty title="Nobody matches" action={<Action onPress={() => setQ("")}>Clear the filter</Action>} /> : (
          <div className={table.scroll}>
            <table className={table.table}>
              <thead>
                <tr>
                  <th scope="col">User</th><th scope="col">Roles</th><th scope="col">Group</th>
                  <th scope="col" className={table.number}>Active jobs</th><th scope="col" className={table.number}>Last sign-in</th>
                </tr>
              </thead>
              <tbody>{data.users.edges.map(({ node }) => <UserRow key={node.id} user={node} />)}</tbody>
            </table>
          </div>
        )}
      </Panel>
      {data?.users.pageInfo.hasNextPage && <div><Action onPress={() => setFirst(first + PAGE)}>Show {PAGE} more</Action></div>}
    </Screen>
  );
}

function UserRow({ user }: { user: FragmentType<typeof UserRowFragment> }) {
  const now = useNow();
  const { name, displayName, roles, group, lastSignInAt, jobs } = useFragment(UserRowFragment, user);
  return (
    <tr>
      <th scope="row">{name}{displayName != null && displayName !== name && <span className={table.muted}> {displayName}</span>}</th>
      <td>{roles.map((role) => ROLE_WORDS[role]).join(", ") || <span className={table.muted}>none</span>}</td>
      <td>{group?.name ?? <span className={table.muted}>none</span>}</td>
      <td className={table.number}><Link to="/jobs" search={{ user: [name] }}>{count(jobs.totalCount)}</Link></td>
      <td className={table.number}>{lastSignInAt == null ? <span className={table.muted}>never</span> : since(lastSignInAt, now)}</td>
    </tr>
  );
}
