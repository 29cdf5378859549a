/** Per pool how much is given away against how much computes, who waits, and the cluster's mean. */
import { Link } from "@tanstack/react-router";
import { graphql, useFragment, type FragmentType } from "../gql";
import { HELD } from "../devices/filters";
import { activity } from "../live/sums";
import { count, percent, share, since } from "../ui/format";
import { Occupancy } from "../ui/Occupancy";
import { Empty, Panel, Skeleton } from "../ui/Panel";
import table from "../ui/Table.module.css";
import css from "./LoadByPool.module.css";

const LoadByPoolFragment = graphql(`
  fragment LoadByPool on Cluster {
    time
    load { devices allocated computing idle }
    pools {
      id
      name
      load { devices allocated computing idle free waitingJobs waitingDevices waitingSince }
    }
  }
`);

export function LoadByPool({ cluster }: { cluster: FragmentType<typeof LoadByPoolFragment> | null }) {
  const data = useFragment(LoadByPoolFragment, cluster);
  const mean = data ? share(activity(data.load).computing, data.load.devices) : null;
  return (
    <Panel title="Load by pool" isLive aside={<PoolLegend mean={mean} />}>
      {data === null ? <Skeleton rows={6} rowHeight={40} /> : data.pools.length === 0 ? <Empty title="No pool yet" /> : (
        <div className={table.scroll}>
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Pool</th>
                <th scope="col" aria-label="Occupancy" className={css.bar}><span className={css.scale}><span>0</span><span>100 %</span></span></th>
                {["Devices", "Allocated", "Computing", "Idle", "Free", "Waiting", "Longest"].map((head) => (
                  <th key={head} scope="col" className={table.number}>{head}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.pools.map(({ id, name, load }) => (
                <tr key={id}>
                  <th scope="row" className={table.tall}><Link to="/devices" search={{ pool: [name] }} className={css.name}>{name}</Link></th>
                  <td className={css.bar}><Occupancy load={load} mean={mean} hasWaiting /></td>
                  <Cell pool={name} n={load.devices} />
                  <Cell pool={name} n={load.allocated} state={HELD} />
                  <Cell pool={name} n={activity(load).computing} state={["COMPUTING"]} />
                  <Cell pool={name} n={activity(load).idle} state={["IDLE"]} />
                  <Cell pool={name} n={load.free} state={["FREE"]} />
                  <td className={table.number}>
                    {load.waitingJobs === 0 ? "–" : <Link to="/jobs" search={{ state: ["QUEUED"], pool: [name] }} className={css.number}><b>{count(load.waitingJobs)}</b> · {count(load.waitingDevices)}</Link>}
                  </td>
                  <td className={`${table.number} ${table.muted}`}>{load.waitingSince == null ? "" : since(load.waitingSince, Date.parse(data.time))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Cell({ pool, n, state }: { pool: string; n: number | null; state?: readonly ("FREE" | "IDLE" | "COMPUTING" | "UNKNOWN")[] }) {
  const search = { pool: [pool], ...(state && { state: [...state] }) };
  return <td className={table.number}><Link to="/devices" search={search} className={css.number}>{count(n)}</Link></td>;
}

function PoolLegend({ mean }: { mean: number | null }) {
  return (
    <span className={css.legend}>
      <span><i className={css.computing} /> computing</span>
      <span><i className={css.idle} /> idle</span>
      <span><i className={css.free} /> free</span>
      <span><i className={css.waiting} /> asked for by waiting jobs</span>
      <span><i className={css.mean} /> mean {percent(mean)}</span>
    </span>
  );
}
