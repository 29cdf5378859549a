/** Who waits, the longest first: how long, for how many devices of which pool, and where free ones are. */
import { Link } from "@tanstack/react-router";
import type { DeviceInfo, JobInfo } from "../live/documents";
import { useInventory, useIsOperator } from "../live/Live";
import { givenOut, isFree } from "../pools/blocks";
import type { PoolInfo } from "../pools/usePools";
import { Action } from "../ui/Action";
import { count, plural, since, UNKNOWN } from "../ui/format";
import { Empty, Panel, Skeleton } from "../ui/Panel";
import table from "../ui/Table.module.css";
import { useNow } from "../ui/useNow";
import css from "./Balance.module.css";
import { missingOf, sourcesFor } from "./help";

interface WaitingProps {
  pools: readonly PoolInfo[] | null;
  onMove: (uuids: readonly string[], to: string) => void;
}

/** As many as an operator reads; the rest is one press away. */
const SHOWN = 8;
const SOURCES = 2;

export function Waiting({ pools, onMove }: WaitingProps) {
  const { jobs, devices } = useInventory();
  const all = givenOut(devices.values());
  const freeIn = (pool: string) => all.filter((device) => device.pool.id === pool && isFree(device)).length;
  const queued = [...jobs.values()].filter((job) => job.state === "QUEUED")
    .toSorted((a, b) => (a.submittedAt ?? "").localeCompare(b.submittedAt ?? "") || a.name.localeCompare(b.name));
  const asked = queued.reduce((n, job) => n + (job.requestedDevices ?? 0), 0);
  const missing = missingOf(queued, freeIn);
  return (
    <Panel title="Who waits" isLive note={jobs.isLoaded ? (queued.length === 0 ? "nobody" : `${plural(queued.length, "job")} for ${plural(asked, "device")}, the longest first`) : undefined}>
      {!jobs.isLoaded || !devices.isLoaded || pools === null ? <Skeleton rows={3} rowHeight={32} />
        : queued.length === 0 ? <Empty title="No job waits">Every job that asked for devices has them.</Empty> : (
        <div className={table.scroll}>
          <table className={table.table} data-testid="waiting">
            <thead>
              <tr>
                <th scope="col">Job</th><th scope="col">Owner</th><th scope="col">Group</th><th scope="col">For pool</th>
                <th scope="col" className={table.number}>Asks for</th><th scope="col" className={table.number}>Free there</th>
                <th scope="col" className={table.number}>Lacks</th><th scope="col" className={table.number}>Waits</th><th scope="col">Free elsewhere</th>
              </tr>
            </thead>
            <tbody>{queued.slice(0, SHOWN).map((job) => <WaitingRow key={job.id} job={job} missing={missing.get(job.id) ?? null} queued={queued} pools={pools} devices={all} onMove={onMove} />)}</tbody>
          </table>
          {queued.length > SHOWN && <p className={css.more}><Link to="/jobs" search={{ state: ["QUEUED"] }}>{plural(queued.length - SHOWN, "more job")}</Link></p>}
        </div>
      )}
    </Panel>
  );
}

interface WaitingRowProps {
  job: JobInfo;
  /** How many it lacks, once those that wait for longer have what is free. */
  missing: number | null;
  devices: readonly DeviceInfo[];
  queued: readonly JobInfo[];
  pools: readonly PoolInfo[];
  onMove: WaitingProps["onMove"];
}

function WaitingRow({ job, missing, devices, queued, pools, onMove }: WaitingRowProps) {
  const now = useNow();
  const isOperator = useIsOperator();
  const pool = pools.find((one) => one.id === job.pool?.id);
  const free = pool && devices.filter((device) => device.pool.id === pool.id && isFree(device)).length;
  const sources = pool === undefined || missing === null ? [] : sourcesFor(pool, missing, pools, devices, (other) => queued.some((one) => one.pool?.id === other.id));
  return (
    <tr>
      <th scope="row"><Link to="/jobs" search={{ q: job.name }} className={css.name}>{job.name}</Link></th>
      <td>{job.user?.name ?? job.owner ?? UNKNOWN}</td>
      <td>{job.group?.name ?? UNKNOWN}</td>
      <td>{pool === undefined ? UNKNOWN : <Link to="/pools" search={{ pool: pool.name }}>{pool.name}</Link>}</td>
      <td className={table.number}>{count(job.requestedDevices)}</td>
      <td className={table.number}>{count(free)}</td>
      <td className={table.number}>{count(missing)}</td>
      <td className={table.number}>{since(job.submittedAt, now)}</td>
      <td className={table.wrap}>
        {missing === null ? <span className={table.muted}>{UNKNOWN}</span>
          : missing === 0 ? <span className={table.muted}>not needed: as many are free there, and the scheduler has not placed it yet</span>
          : sources.length === 0 ? <span className={table.muted}>none that {pool?.name} takes, in a pool that nobody waits for</span> : (
          <span className={css.sources}>
            {sources.slice(0, SOURCES).map((source) => (
              <span key={source.pool}>
                <b>{count(source.free)}</b> in {source.pool}
                {isOperator && pool && <Action isSmall label={`Move ${plural(source.uuids.length, "GPU")} from ${source.pool} to ${pool.name}…`} onPress={() => onMove(source.uuids, pool.name)}>Move {count(source.uuids.length)}…</Action>}
              </span>
            ))}
            {sources.length > SOURCES && <span className={table.muted}>and in {plural(sources.length - SOURCES, "more pool")}</span>}
          </span>
        )}
      </td>
    </tr>
  );
}
