/** The active jobs: who waits and why, who runs where and since when. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { JobInfo } from "../live/documents";
import { useFleet, useInventory, useLive } from "../live/Live";
import { activity, sum } from "../live/sums";
import { Action } from "../ui/Action";
import { Choice } from "../ui/Choice";
import { FilterField } from "../ui/FilterField";
import { count, plural, since, UNKNOWN } from "../ui/format";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import table from "../ui/Table.module.css";
import type { JobSearch } from "./search";
import { useNow } from "../ui/useNow";

const STATES = [
  ["ALL", "Running and waiting"],
  ["RUNNING", "Running"],
  ["QUEUED", "Waiting"],
] as const;

export function JobList() {
  const search = useSearch({ from: "/app/jobs" });
  const navigate = useNavigate({ from: "/jobs" });
  const { connection } = useLive();
  const { jobs, failures } = useInventory();
  const { q, state, pool } = search;
  const change = (next: Partial<JobSearch>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const clear = () => void navigate({ search: {} });
  const found = [...jobs.values()].filter((job) => matchesJob(job, search)).toSorted(byUrgency);
  const isFiltered = q !== undefined || state !== undefined || pool !== undefined;
  const failure = failures.get("jobs");
  return (
    <Screen title="Jobs" note={jobs.isLoaded ? (isFiltered ? `${count(found.length)} of ${count(jobs.size)}` : `${count(jobs.size)} active`) : undefined}
      aside={
        <>
          {pool && <span>Pool <b>{pool.join(", ")}</b> <Action kind="link" onPress={() => change({ pool: undefined })}>All pools</Action></span>}
          <FilterField label="Job, owner or group" value={q ?? ""} onChange={(text) => change({ q: text || undefined })} />
          <Choice label="State" options={STATES} value={state?.length === 1 && state[0] !== "ENDED" ? state[0] : "ALL"}
            onChange={(next) => change({ state: next === "ALL" ? undefined : [next] })} />
          {isFiltered && <Action kind="link" onPress={clear}>Clear</Action>}
        </>
      }>
      <Panel title="Waiting first, then the newest" isLive>
        {failure !== undefined && !jobs.isLoaded ? <Failed what="The jobs" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
          : !jobs.isLoaded ? <Skeleton rows={14} rowHeight={32} />
          : found.length === 0 && isFiltered ? <Empty title={`0 of ${count(jobs.size)} match`} action={<Action onPress={clear}>Clear filters</Action>} />
          : found.length === 0 ? <Empty title="No active job">Nothing holds or waits for a device. Compute processes appear here as NVML sees them.</Empty>
          : <JobTable jobs={found} />}
      </Panel>
    </Screen>
  );
}

function matchesJob(job: JobInfo, { q, state, pool }: JobSearch): boolean {
  if (state && !state.includes(job.state)) return false;
  if (pool && !(job.pool && pool.includes(job.pool.name))) return false;
  const text = `${job.name} ${job.owner ?? ""} ${job.user?.name ?? ""} ${job.group?.name ?? ""}`.toLowerCase();
  return q === undefined || q.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** Waiting jobs first and the longest wait on top; then the latest start. */
function byUrgency(a: JobInfo, b: JobInfo): number {
  if (a.state !== b.state) return a.state === "QUEUED" ? -1 : 1;
  if (a.state === "QUEUED") return (a.submittedAt ?? "").localeCompare(b.submittedAt ?? "") || a.name.localeCompare(b.name);
  return (b.startedAt ?? "").localeCompare(a.startedAt ?? "") || a.name.localeCompare(b.name);
}

function JobTable({ jobs }: { jobs: readonly JobInfo[] }) {
  const fleet = useFleet();
  const { devices } = useInventory();
  const freeIn = new Map<string, number>();
  const idsOfJob = new Map<string, string[]>();
  const idsOfPool = new Map<string, string[]>();
  for (const device of devices.values()) {
    append(idsOfPool, device.pool.id, device.id);
    if (device.job) append(idsOfJob, device.job.id, device.id);
  }
  for (const [pool, ids] of idsOfPool) freeIn.set(pool, sum(fleet, ids).free);
  const now = useNow();
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Job</th><th scope="col">State</th><th scope="col">Owner</th><th scope="col">Group</th><th scope="col">Pool</th>
            <th scope="col" className={table.number}>Devices</th><th scope="col" className={table.number}>Computing</th>
            <th scope="col">Nodes</th><th scope="col" className={table.number}>Since</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => {
            const isWaiting = job.state === "QUEUED";
            const free = freeIn.get(job.pool?.id ?? "");
            const sums = sum(fleet, idsOfJob.get(job.id) ?? []);
            return (
              <tr key={job.id}>
                <th scope="row">{job.name}</th>
                <td className={table.wrap}>
                  {isWaiting ? "Waiting" : "Running"}
                  {isWaiting && <span className={table.muted}> · asks for {job.requestedDevices ?? UNKNOWN}{free !== undefined && `, ${free} free in ${job.pool?.name}`}</span>}
                </td>
                <td>{job.owner ?? job.user?.name ?? UNKNOWN}</td>
                <td>{job.group?.name ?? UNKNOWN}</td>
                <td>{job.pool ? <Link to="/devices" search={{ pool: [job.pool.name] }}>{job.pool.name}</Link> : UNKNOWN}</td>
                <td className={table.number}>
                  {job.heldDevices > 0 ? <Link to="/devices" search={{ q: job.name }}>{count(job.heldDevices)}</Link> : "–"}
                </td>
                <td className={table.number}>{isWaiting ? "–" : `${count(activity(sums).computing)} of ${sums.devices}`}</td>
                <td>
                  {job.nodes.length === 1
                    ? <Link to="/nodes/$hostName" params={{ hostName: job.nodes[0].hostName }}>{job.nodes[0].hostName}</Link>
                    : job.nodes.length === 0 ? <span className={table.muted}>none</span>
                    : <Link to="/devices" search={{ q: job.name }}>{plural(job.nodes.length, "node")}</Link>}
                </td>
                <td className={table.number}>{since(isWaiting ? job.submittedAt : job.startedAt, now)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
