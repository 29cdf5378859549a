/** One group in the list: its users, its pool, and how much of the pool is held and computes now. */
import { Link } from "@tanstack/react-router";
import { HELD } from "../devices/filters";
import { Enforcement } from "../enforcement/Enforcement";
import { useFleet } from "../live/Live";
import { activity, sum } from "../live/sums";
import { count } from "../ui/format";
import { Cell, type Column } from "../ui/Grid";
import { Occupancy } from "../ui/Occupancy";
import css from "./Groups.module.css";
import type { GroupInfo } from "./live";

export const GROUP_COLUMNS: readonly Column[] = [
  { key: "name", head: "Group", width: "minmax(150px, 1.4fr)" },
  { key: "users", head: "Users", width: "64px", isNumber: true },
  { key: "pool", head: "Pool", width: "minmax(110px, 1fr)" },
  { key: "bar", head: "Occupancy, % of pool", width: "minmax(150px, 1.4fr)" },
  { key: "devices", head: "Devices", width: "76px", isNumber: true },
  { key: "allocated", head: "Allocated", width: "84px", isNumber: true },
  { key: "computing", head: "Computing", width: "90px", isNumber: true },
  { key: "idle", head: "Idle", width: "60px", isNumber: true },
  { key: "free", head: "Free", width: "60px", isNumber: true },
  { key: "jobs", head: "Active jobs", width: "92px", isNumber: true },
];

/** Where a cluster enforces what the groups may use. */
export const CLUSTER_COLUMN: Column = { key: "cluster", head: "In the cluster", width: "minmax(130px, 1.4fr)" };

interface GroupCellsProps {
  group: GroupInfo;
  deviceIds: readonly string[];
  jobs: number;
  isInCluster: boolean;
}

export function GroupCells({ group, deviceIds, jobs, isInCluster }: GroupCellsProps) {
  const fleet = useFleet();
  const { name, isDefault, pool, users } = group;
  const load = sum(fleet, deviceIds);
  const none = <span className={css.muted}>–</span>;
  return (
    <>
      <Cell kind="name" title={name}>{name}{isDefault && <span className={css.builtIn}> built in</span>}</Cell>
      <Cell kind="number"><Link to="/users" search={{ group: [name] }}>{count(users.totalCount)}</Link></Cell>
      <Cell>{pool ? <Link to="/devices" search={{ pool: [pool.name] }}>{pool.name}</Link> : <span className={css.muted}>none</span>}</Cell>
      <Cell>{pool && <Occupancy load={load} />}</Cell>
      <Cell kind="number">{pool ? <Link to="/devices" search={{ pool: [pool.name] }}>{count(load.devices)}</Link> : none}</Cell>
      <Cell kind="number">{pool ? <Link to="/devices" search={{ pool: [pool.name], state: HELD }}>{count(load.allocated)}</Link> : none}</Cell>
      <Cell kind="number">{pool ? <Link to="/devices" search={{ pool: [pool.name], state: ["COMPUTING"] }}>{count(activity(load).computing)}</Link> : none}</Cell>
      <Cell kind="number">{pool ? <Link to="/devices" search={{ pool: [pool.name], state: ["IDLE"] }}>{count(activity(load).idle)}</Link> : none}</Cell>
      <Cell kind="number">{pool ? <Link to="/devices" search={{ pool: [pool.name], state: ["FREE"] }}>{count(load.free)}</Link> : none}</Cell>
      <Cell kind="number"><Link to="/jobs" search={{ group: [name] }}>{count(jobs)}</Link></Cell>
      {isInCluster && <Cell><Enforcement of={group.enforcement} isOneLine /></Cell>}
    </>
  );
}
