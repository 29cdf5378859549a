/** The pools by occupancy: five separate numbers, who may use them, who waits. Devices drop onto rows. */
import { Link } from "@tanstack/react-router";
import { memo, useCallback, useRef, useState, type Dispatch, type DragEvent, type KeyboardEvent, type MouseEvent, type SetStateAction } from "react";
import { HELD } from "../devices/filters";
import { Enforcement } from "../enforcement/Enforcement";
import { isEnforced } from "../enforcement/words";
import { graphql, useFragment, type FragmentType } from "../gql";
import type { JobInfo } from "../live/documents";
import { useCluster, useInventory, useIsOperator } from "../live/Live";
import { activity } from "../live/sums";
import { Check } from "../ui/Check";
import { count, plural, shortType, since, UNKNOWN } from "../ui/format";
import { Occupancy } from "../ui/Occupancy";
import table from "../ui/Table.module.css";
import { droppedUuids, isOurs, useDragged } from "./drag";
import css from "./PoolTable.module.css";
import { whyNotTo } from "./targets";
import type { PoolInfo } from "./usePools";
import { jobsByPool, whyWaiting } from "./waiting";

const PoolLoadsFragment = graphql(`
  fragment PoolLoads on Cluster {
    time
    pools {
      id
      load { devices allocated computing idle free outOfService waitingJobs waitingDevices waitingSince }
    }
  }
`);

interface PoolTableProps {
  pools: readonly PoolInfo[];
  /** The one whose devices are shown. */
  shown: PoolInfo | undefined;
  ticked: ReadonlySet<string>;
  setTicked: Dispatch<SetStateAction<ReadonlySet<string>>>;
  onShow: (pool: PoolInfo) => void;
  onDrop: (uuids: string[], to: PoolInfo) => void;
}

export function PoolTable({ pools, shown, ticked, setTicked, onShow, onDrop }: PoolTableProps) {
  const loads = useLoads();
  const { jobs, devices } = useInventory();
  const isOperator = useIsOperator();
  const body = useRef<HTMLTableSectionElement>(null);
  const jobsOf = jobsByPool(jobs.values(), devices.values());
  const isInCluster = isEnforced(pools);
  const tickable = pools.filter((pool) => !pool.isDefault);
  const tick = useCallback((pool: PoolInfo, isOn: boolean) => setTicked((old) => {
    const next = new Set(old);
    if (isOn) next.add(pool.id);
    else next.delete(pool.id);
    return next;
  }), [setTicked]);
  const onKeyDown = (event: KeyboardEvent) => {
    const links = [...(body.current?.querySelectorAll<HTMLElement>("[data-pool-link]") ?? [])];
    const at = links.indexOf(event.target as HTMLElement);
    if (at === -1 || event.ctrlKey || event.altKey || event.metaKey) return;
    const pool = pools[at];
    if (event.key === "ArrowDown" || event.key === "j") links[at + 1]?.focus();
    else if (event.key === "ArrowUp" || event.key === "k") links[at - 1]?.focus();
    else if (event.key === "x" && isOperator && !pool.isDefault) tick(pool, !ticked.has(pool.id));
    else return;
    event.preventDefault();
  };
  return (
    <div className={css.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            {isOperator && (
              <th scope="col" className={css.tick}>
                {tickable.length > 0 && (
                  <Check label="All pools" isSelected={ticked.size > 0 && ticked.size === tickable.length} isIndeterminate={ticked.size > 0 && ticked.size < tickable.length}
                    onChange={(isOn) => setTicked(new Set(isOn ? tickable.map((pool) => pool.id) : []))} />
                )}
              </th>
            )}
            <th scope="col">Pool</th><th scope="col">Device type</th><th scope="col" className={css.bar}>Occupancy, % of pool</th>
            {["Devices", "Allocated", "Computing", "Idle", "Free"].map((head) => <th key={head} scope="col" className={table.number}>{head}</th>)}
            <th scope="col">Group</th><th scope="col" className={table.number}>Jobs</th><th scope="col">Waiting</th>
            {isInCluster && <th scope="col">In the cluster</th>}
          </tr>
        </thead>
        {/* The links inside are what is stepped on; this only listens for all of them at once. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <tbody ref={body} onKeyDown={onKeyDown}>
          {pools.map((pool) => (
            <PoolRow key={pool.id} pool={pool} load={loads?.get(pool.id)} jobs={jobs.isLoaded ? jobsOf.get(pool.id) ?? NO_JOBS : null} isShown={pool.id === shown?.id}
              isTicked={ticked.has(pool.id)} canChange={isOperator} isInCluster={isInCluster} onTick={tick} onShow={onShow} onDrop={onDrop} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const NO_JOBS: readonly JobInfo[] = [];

function useLoads() {
  const data = useFragment(PoolLoadsFragment, useCluster() as FragmentType<typeof PoolLoadsFragment> | null);
  return data && new Map(data.pools.map(({ id, load: { waitingSince, ...load } }) =>
    [id, { ...load, waits: waitingSince == null ? null : since(waitingSince, Date.parse(data.time)) }]));
}

type PoolLoad = NonNullable<ReturnType<typeof useLoads>> extends Map<string, infer L> ? L : never;

interface PoolRowProps {
  pool: PoolInfo;
  /** Of the newest snapshot, which may be older than the pool. */
  load: PoolLoad | undefined;
  /** null before they are known. */
  jobs: readonly JobInfo[] | null;
  isShown: boolean;
  isTicked: boolean;
  canChange: boolean;
  /** There is a cluster, of which every row says something. */
  isInCluster: boolean;
  onTick: (pool: PoolInfo, isOn: boolean) => void;
  onShow: (pool: PoolInfo) => void;
  onDrop: (uuids: string[], to: PoolInfo) => void;
}

/** Most rows are the same from tick to tick; what a row calls does not depend on what it was drawn from. */
const isSame = (a: PoolRowProps, b: PoolRowProps): boolean =>
  a.pool === b.pool && a.isShown === b.isShown && a.isTicked === b.isTicked && a.canChange === b.canChange && a.isInCluster === b.isInCluster
  && (a.jobs === b.jobs || (a.jobs !== null && b.jobs !== null && a.jobs.length === b.jobs.length && a.jobs.every((job, i) => job === b.jobs?.[i])))
  && JSON.stringify(a.load) === JSON.stringify(b.load);

const PoolRow = memo(function PoolRow({ pool, load, jobs, isShown, isTicked, canChange, isInCluster, onTick, onShow, onDrop }: PoolRowProps) {
  const dragged = useDragged();
  const [isOver, setOver] = useState(false);
  const reason = dragged.length === 0 ? null : whyNotTo(pool, dragged);
  const drop = {
    onDragOver: (event: DragEvent) => {
      if (!isOurs(event.dataTransfer) || reason !== null) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      onDrop(droppedUuids(event.dataTransfer), pool);
    },
  };
  const { name, isDefault, deviceTypes, group } = pool;
  const queued = jobs?.filter((job) => job.state === "QUEUED");
  return (
    // The link inside is the same for the keyboard.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <tr className={css.row} data-pool={name} aria-selected={isShown} {...(isOver && { "data-over": "" })} {...(reason !== null && { "data-refuses": "" })}
      onClick={(event) => !isControl(event) && onShow(pool)} {...(canChange && drop)}>
      {canChange && <td className={css.tick}>{!isDefault && <Check label={`Choose ${name}`} isSelected={isTicked} onChange={(isOn) => onTick(pool, isOn)} />}</td>}
      <th scope="row">
        <Link from="/pools" to="/pools" search={(old) => ({ ...old, pool: name })} replace className={css.name} data-pool-link="" aria-current={isShown}>{name}</Link>
        {isDefault && <span className={table.muted}> built in</span>}
      </th>
      <td>
        {reason !== null ? <span className={css.reason}>{reason}</span>
          : deviceTypes.length === 1 ? shortType(deviceTypes[0].name)
          : <span className={table.muted}>{deviceTypes.length === 0 ? "none" : `${deviceTypes.length} types`}</span>}
      </td>
      <td className={css.bar}>{load && <Occupancy load={load} />}</td>
      <Number n={load?.devices} search={{ pool: [name] }} />
      <Number n={load?.allocated} search={{ pool: [name], state: HELD }} />
      <Number n={load && activity(load).computing} search={{ pool: [name], state: ["COMPUTING"] }} />
      <Number n={load && activity(load).idle} search={{ pool: [name], state: ["IDLE"] }} />
      <Number n={load?.free} search={{ pool: [name], state: ["FREE"] }} isStrong />
      <td>{group ? <Link to="/groups" search={{ q: group.name }}>{group.name}</Link> : <span className={table.muted}>no group</span>}</td>
      <td className={table.number}><Link to="/jobs" search={{ pool: [name] }} className={css.number}>{count(jobs?.length)}</Link></td>
      <td className={css.waiting}>
        {load === undefined || load.waitingJobs === 0 ? <span className={table.muted}>{load === undefined ? UNKNOWN : "none"}</span> : (
          <>
            <Link to="/jobs" search={{ pool: [name], state: ["QUEUED"] }} className={css.number}>
              {plural(load.waitingJobs, "job")}, {plural(load.waitingDevices, "device")}
            </Link>
            {load.waits !== null && <span className={table.muted}> · {load.waits}</span>}
            {queued && <span className={css.why}>{whyWaiting(queued, load.free)}</span>}
          </>
        )}
      </td>
      {isInCluster && <td><Enforcement of={pool.enforcement} /></td>}
    </tr>
  );
}, isSame);

interface NumberProps {
  n: number | null | undefined;
  search: { pool: string[]; state?: typeof HELD };
  isStrong?: boolean;
}

function Number({ n, search, isStrong }: NumberProps) {
  return (
    <td className={table.number}>
      <Link to="/devices" search={search} className={`${css.number} ${isStrong ? css.strong : ""}`}>{count(n)}</Link>
    </td>
  );
}

const isControl = (event: MouseEvent): boolean => (event.target as Element).closest("a, button, label, input") !== null;
