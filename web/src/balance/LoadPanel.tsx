/** Per pool, group or node how much is given away against how much computes, who waits, and the mean. */
import type { Allocation } from "../gql/graphql";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { graphql, useFragment, type FragmentType } from "../gql";
import { useHasOutOfService } from "../cordon/useHasOutOfService";
import { HELD, type DeviceSearch } from "../devices/filters";
import { useFleet, useInventory } from "../live/Live";
import { activity } from "../live/sums";
import { useFrozenOrder } from "../live/useFrozenOrder";
import { Action } from "../ui/Action";
import { count, plural, share, since, timeOfDay } from "../ui/format";
import { Occupancy, OccupancyLegend } from "../ui/Occupancy";
import { Empty, Panel, Skeleton } from "../ui/Panel";
import { Segments } from "../ui/Segments";
import table from "../ui/Table.module.css";
import css from "./LoadPanel.module.css";
import { byNeed, linesOf, type Load, type LoadBy, type LoadLine } from "./loads";

const LoadByPoolFragment = graphql(`
  fragment LoadByPool on Cluster {
    time
    load { devices allocated computing idle }
    pools {
      id
      name
      load { devices allocated computing idle free outOfService waitingJobs waitingDevices waitingSince }
    }
  }
`);

interface LoadPanelProps {
  cluster: FragmentType<typeof LoadByPoolFragment> | null;
  by: LoadBy;
  onBy: (by: LoadBy) => void;
  /** So many rows; what goes beyond takes the last one. */
  rows: number;
  /** The rest can be shown here; else it is one press away. */
  canShowMore?: boolean;
}

export function LoadPanel({ cluster, by, onBy, rows, canShowMore }: LoadPanelProps) {
  const data = useFragment(LoadByPoolFragment, cluster);
  const { devices } = useInventory();
  const hasOut = useHasOutOfService();
  const mean = data ? share(activity(data.load).computing, data.load.devices) : null;
  return (
    <Panel title="Load by" isLive aside={<OccupancyLegend hasWaiting hasOut={hasOut} mean={mean} />}
      note={<Segments label="Load by" options={[["pool", "Pool"], ["group", "Group"], ["node", "Node"]]} value={by} onChange={onBy} />}>
      {data === null || (by !== "pool" && !devices.isLoaded) ? <Skeleton rows={rows} rowHeight={40} />
        : by === "pool" ? <Lines key={by} by={by} found={data.pools.map(({ name, load }) => ({ name, load: { ...load, waitingSince: load.waitingSince ?? null } }))} mean={mean} now={Date.parse(data.time)} rows={rows} {...(canShowMore && { canShowMore })} />
        : <Summed key={by} by={by} mean={mean} now={Date.parse(data.time)} rows={rows} {...(canShowMore && { canShowMore })} />}
    </Panel>
  );
}

interface LinesProps {
  by: LoadBy;
  found: readonly LoadLine[];
  mean: number | null;
  /** Server time, ms. */
  now: number;
  rows: number;
  canShowMore?: boolean;
}

function Summed({ by, ...rest }: Omit<LinesProps, "found" | "by"> & { by: "group" | "node" }) {
  const fleet = useFleet();
  const { devices, jobs } = useInventory();
  return <Lines by={by} found={linesOf(by, devices.values(), jobs.values(), fleet)} {...rest} />;
}

const HEADS: Record<LoadBy, string> = { pool: "Pool", group: "Group", node: "Node" };
const WHOLE = { pool: "/pools", group: "/groups", node: "/nodes" } as const;
const NONE: Record<LoadBy, string> = { pool: "No pool yet", group: "No group has devices", node: "No node yet" };

function Lines({ by, found, mean, now, rows, canShowMore }: LinesProps) {
  const [shownRows, setShownRows] = useState(rows);
  const isAll = found.length <= rows;
  const order = useFrozenOrder(String(found.length > 0), () => found.toSorted(byNeed).map((line) => line.name));
  const byName = new Map(found.map((line) => [line.name, line]));
  // What fits whole stands as it comes: pools and groups by name.
  const lines = isAll && by !== "node" ? (by === "pool" ? found : found.toSorted((a, b) => a.name.localeCompare(b.name))) : order.ids.flatMap((name) => byName.get(name) ?? []);
  const shown = isAll ? lines : lines.slice(0, canShowMore ? shownRows : shownRows - 1);
  const rest = lines.length - shown.length;
  if (found.length === 0) return <Empty title={NONE[by]} />;
  return (
    <>
      <div className={table.scroll}>
        <table className={table.table} data-testid="load">
          <thead>
            <tr>
              <th scope="col">{HEADS[by]}</th>
              <th scope="col" aria-label="Occupancy" className={css.bar}><span className={css.scale}><span>0</span><span>100 %</span></span></th>
              {["Devices", "Allocated", "Computing", "Idle", "Free", ...(by === "node" ? [] : ["Waiting", "Longest"])].map((head) => (
                <th key={head} scope="col" className={table.number}>{head}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ name, load }) => (
              <tr key={name}>
                <th scope="row" className={`${table.tall} ${css.head}`} title={name}><Name by={by} name={name} /></th>
                <td className={css.bar}><Occupancy load={load} mean={mean} hasWaiting /></td>
                <Cell by={by} name={name} n={load.devices} />
                <Cell by={by} name={name} n={load.allocated} state={HELD} />
                <Cell by={by} name={name} n={activity(load).computing} state={["COMPUTING"]} />
                <Cell by={by} name={name} n={activity(load).idle} state={["IDLE"]} />
                <Cell by={by} name={name} n={load.free} state={["FREE"]} />
                {by !== "node" && <Queue by={by} name={name} load={load} now={now} />}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {(rest > 0 || (by === "node" && canShowMore)) && (
        <footer className={css.more}>
          {rest > 0 && (canShowMore
            ? <Action kind="link" onPress={() => setShownRows(shownRows + rows)}>Show {count(Math.min(rest, rows))} more of {count(lines.length)}</Action>
            : <Link to={WHOLE[by]}>{plural(rest, `more ${by}`)}</Link>)}
          <span>{by === "node" ? "Most idle first, then busiest" : "Waited for first, then most idle"}, as of {timeOfDay(order.madeAt)}</span>
          {isOutOfOrder(lines, shown.length) && <Action kind="link" onPress={order.sortAgain}>Sort again</Action>}
        </footer>
      )}
    </>
  );
}

/** Whether the rows in sight would be others, or in another order, by the numbers of now. */
function isOutOfOrder(lines: readonly LoadLine[], shown: number): boolean {
  return lines.toSorted(byNeed).slice(0, shown).some((line, i) => line.name !== lines[i].name);
}

function Name({ by, name }: { by: LoadBy; name: string }) {
  if (by === "node") return <Link to="/nodes/$hostName" params={{ hostName: name }} className={css.name}>{name}</Link>;
  return <Link to="/devices" search={searchOf(by, name)} className={css.name}>{name}</Link>;
}

interface CellProps {
  by: LoadBy;
  name: string;
  n: number | null;
  state?: readonly Allocation[];
}

function Cell({ by, name, n, state }: CellProps) {
  return <td className={table.number}><Link to="/devices" search={{ ...searchOf(by, name), ...(state && { state: [...state] }) }} className={css.number}>{count(n)}</Link></td>;
}

/** A node has none. */
function Queue({ by, name, load, now }: { by: "pool" | "group"; name: string; load: Load; now: number }) {
  if (load.waitingJobs === 0) return <><td className={table.number}>–</td><td className={`${table.number} ${table.muted}`}>–</td></>;
  return (
    <>
      <td className={table.number}>
        <Link to="/jobs" search={{ state: ["QUEUED"], [by]: [name] }} className={css.number}>
          <b>{count(load.waitingJobs)}</b> · {count(load.waitingDevices)}
        </Link>
      </td>
      <td className={`${table.number} ${table.muted}`}>{load.waitingSince === null ? "" : since(load.waitingSince, now)}</td>
    </>
  );
}

const searchOf = (by: LoadBy, name: string): DeviceSearch =>
  by === "pool" ? { pool: [name] } : by === "group" ? { group: [name] } : { node: [name] };
