/** The pools by occupancy, live: five separate numbers, who may use them and who waits. */
import { Link } from "@tanstack/react-router";
import { graphql, useFragment } from "../gql";
import { HELD } from "../devices/filters";
import { useCluster } from "../live/Live";
import { activity } from "../live/sums";
import { count, plural, shortType, since } from "../ui/format";
import { Occupancy } from "../ui/Occupancy";
import { Empty, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import table from "../ui/Table.module.css";

const PoolTableFragment = graphql(`
  fragment PoolTable on Cluster {
    time
    pools {
      id
      name
      isDefault
      deviceTypes { id name }
      group { id name }
      load { devices allocated computing idle free waitingJobs waitingDevices waitingSince }
    }
  }
`);

export function PoolList() {
  const cluster = useCluster();
  const data = useFragment(PoolTableFragment, cluster);
  return (
    <Screen title="Pools" note={data && count(data.pools.length)}>
      <Panel title="By occupancy" isLive note="Pools are read only in this version: every device is in the Default pool until a pool holds it.">
        {data === null ? <Skeleton rows={6} rowHeight={44} /> : data.pools.length === 0 ? <Empty title="No pool yet" /> : (
          <div className={table.scroll}>
            <table className={table.table}>
              <thead>
                <tr>
                  <th scope="col">Pool</th><th scope="col">Device type</th><th scope="col">Occupancy, % of pool</th>
                  {["Devices", "Allocated", "Computing", "Idle", "Free"].map((head) => <th key={head} scope="col" className={table.number}>{head}</th>)}
                  <th scope="col">Group</th><th scope="col">Waiting</th>
                </tr>
              </thead>
              <tbody>
                {data.pools.map(({ id, name, isDefault, deviceTypes, group, load }) => (
                  <tr key={id}>
                    <th scope="row" className={table.tall}><Link to="/devices" search={{ pool: [name] }}>{name}</Link>{isDefault && <span className={table.muted}> built in</span>}</th>
                    <td>{deviceTypes.length === 1 ? shortType(deviceTypes[0].name) : <span className={table.muted}>{deviceTypes.length === 0 ? "none" : `${deviceTypes.length} types`}</span>}</td>
                    <td><Occupancy load={load} /></td>
                    <td className={table.number}>{count(load.devices)}</td>
                    <td className={table.number}><Link to="/devices" search={{ pool: [name], state: HELD }}>{count(load.allocated)}</Link></td>
                    <td className={table.number}><Link to="/devices" search={{ pool: [name], state: ["COMPUTING"] }}>{count(activity(load).computing)}</Link></td>
                    <td className={table.number}><Link to="/devices" search={{ pool: [name], state: ["IDLE"] }}>{count(activity(load).idle)}</Link></td>
                    <td className={table.number}><Link to="/devices" search={{ pool: [name], state: ["FREE"] }}>{count(load.free)}</Link></td>
                    <td>{group ? group.name : <span className={table.muted}>free</span>}</td>
                    <td>
                      {load.waitingJobs === 0 ? <span className={table.muted}>none</span> : (
                        <Link to="/jobs" search={{ pool: [name], state: ["QUEUED"] }}>
                          {plural(load.waitingJobs, "job")}, {plural(load.waitingDevices, "device")}{load.waitingSince != null && ` · ${since(load.waitingSince, Date.parse(data.time))}`}
                        </Link>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
    </Screen>
  );
}
