/** The groups: their pool, how many people, and how much they hold now. */
import { Link } from "@tanstack/react-router";
import { graphql, useFragment, type FragmentType } from "../gql";
import { usePushed } from "./pushed";
import { useCluster } from "../live/Live";
import { useDocument } from "../session/graph";
import { count, UNKNOWN } from "../ui/format";
import { Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import table from "../ui/Table.module.css";

const GroupListDocument = graphql(`
  query GroupList {
    groups(first: 100) {
      totalCount
      edges { node { id ...GroupRow } }
    }
  }
`);

const GroupRowFragment = graphql(`
  fragment GroupRow on Group {
    name
    isDefault
    pool { name load { devices allocated free } }
    users(first: 1) { totalCount }
    jobs(first: 1, filter: { states: [QUEUED, RUNNING] }) { totalCount }
  }
`);

export function GroupList() {
  const cluster = useCluster();
  const { data, failure, retry } = useDocument(GroupListDocument, {}, usePushed(cluster));
  return (
    <Screen title="Groups" note={data && count(data.groups.totalCount)}>
      <Panel title="By name" note="Groups are read only in this version. Everybody is in the Default group, which uses the Default pool.">
        {failure && !data ? <Failed what="The groups" failure={failure} retry={retry} /> : !data ? <Skeleton rows={6} rowHeight={32} /> : (
          <div className={table.scroll}>
            <table className={table.table}>
              <thead>
                <tr>
                  <th scope="col">Group</th><th scope="col">Pool</th>
                  {["Users", "Devices", "Allocated", "Free", "Active jobs"].map((head) => <th key={head} scope="col" className={table.number}>{head}</th>)}
                </tr>
              </thead>
              <tbody>{data.groups.edges.map(({ node }) => <GroupRow key={node.id} group={node} />)}</tbody>
            </table>
          </div>
        )}
      </Panel>
    </Screen>
  );
}

function GroupRow({ group }: { group: FragmentType<typeof GroupRowFragment> }) {
  const { name, isDefault, pool, users, jobs } = useFragment(GroupRowFragment, group);
  return (
    <tr>
      <th scope="row">{name}{isDefault && <span className={table.muted}> built in</span>}</th>
      <td>{pool ? <Link to="/devices" search={{ pool: [pool.name] }}>{pool.name}</Link> : <span className={table.muted}>none</span>}</td>
      <td className={table.number}><Link to="/users">{count(users.totalCount)}</Link></td>
      {[pool?.load.devices, pool?.load.allocated, pool?.load.free].map((n, i) => <td key={i} className={table.number}>{n === undefined ? UNKNOWN : count(n)}</td>)}
      <td className={table.number}><Link to="/jobs" search={{ group: [name] }}>{count(jobs.totalCount)}</Link></td>
    </tr>
  );
}
