/** One job in the list: whose it is, what it holds and computes, or how long it waits and for what. */
import { Link } from "@tanstack/react-router";
import type { JobInfo } from "../live/documents";
import { useFleet } from "../live/Live";
import { activity, sum } from "../live/sums";
import { count, duration, plural, since, UNKNOWN } from "../ui/format";
import { Cell, type Column } from "../ui/Grid";
import { useNow } from "../ui/useNow";
import css from "./Jobs.module.css";
import { Owner } from "./Owner";

export const JOB_COLUMNS: readonly Column[] = [
  { key: "name", head: "Job", width: "minmax(150px, 1.2fr)" },
  { key: "state", head: "State", width: "minmax(120px, 1.8fr)" },
  { key: "owner", head: "User", width: "minmax(186px, 1fr)" },
  { key: "group", head: "Group", width: "minmax(80px, 0.7fr)" },
  { key: "pool", head: "Pool", width: "minmax(80px, 0.7fr)" },
  { key: "devices", head: "Devices", width: "72px", isNumber: true },
  { key: "computing", head: "Computing", width: "88px", isNumber: true },
  { key: "nodes", head: "Nodes", width: "minmax(110px, 0.8fr)" },
  { key: "since", head: "Since", width: "84px", isNumber: true },
];

const BRIEF = new Set(["name", "state", "owner", "devices", "since"]);
/** Beside an open detail. */
export const BRIEF_JOB_COLUMNS = JOB_COLUMNS.filter((column) => BRIEF.has(column.key));

interface JobCellsProps {
  job: JobInfo;
  isBrief: boolean;
  /** It ended while it was looked at. */
  isOver: boolean;
  deviceIds: readonly string[];
  /** In its pool now; undefined: not known. */
  freeDevices: number | undefined;
}

export function JobCells({ job, isBrief, isOver, deviceIds, freeDevices }: JobCellsProps) {
  const fleet = useFleet();
  const now = useNow();
  const isWaiting = job.state === "QUEUED";
  const sums = sum(fleet, deviceIds);
  const reason = isOver ? "Ended just now" : isWaiting ? waitingFor(job, freeDevices) : null;
  return (
    <>
      <Cell kind="name" title={job.name}>{job.name}</Cell>
      <Cell title={reason ?? undefined}>
        {isOver ? reason : isWaiting ? <>Waiting <span className={css.muted}>· {reason}</span></> : "Running"}
      </Cell>
      <Cell><Owner job={job} /></Cell>
      {!isBrief && <Cell>{job.group?.name ?? <span className={css.muted}>{UNKNOWN}</span>}</Cell>}
      {!isBrief && <Cell>{job.pool ? <Link to="/devices" search={{ pool: [job.pool.name] }}>{job.pool.name}</Link> : <span className={css.muted}>{UNKNOWN}</span>}</Cell>}
      <Cell kind="number">{isWaiting || isOver ? <span className={css.muted}>–</span> : <Link to="/devices" search={{ q: job.name }}>{count(job.heldDevices)}</Link>}</Cell>
      {!isBrief && <Cell kind="number">{isWaiting || isOver ? <span className={css.muted}>–</span> : count(activity(sums).computing)}</Cell>}
      {!isBrief && <Cell><Places job={job} /></Cell>}
      <Cell kind="number">{since(isWaiting ? job.submittedAt : job.startedAt, now)}</Cell>
    </>
  );
}

/** "asks for 8, 3 free in research": the devices that it waits for, as far as is known. */
export function waitingFor(job: Pick<JobInfo, "requestedDevices" | "pool">, freeDevices: number | undefined): string {
  const asks = `asks for ${count(job.requestedDevices)}`;
  if (!job.pool) return `${asks}, in no pool`;
  return freeDevices === undefined ? `${asks} of ${job.pool.name}` : `${asks}, ${count(freeDevices)} free in ${job.pool.name}`;
}

export function Places({ job }: { job: Pick<JobInfo, "nodes" | "name"> }) {
  if (job.nodes.length === 0) return <span className={css.muted}>none</span>;
  if (job.nodes.length > 1) return <Link to="/devices" search={{ q: job.name }}>{plural(job.nodes.length, "node")}</Link>;
  const { hostName } = job.nodes[0];
  return <Link to="/nodes/$hostName" params={{ hostName }}>{hostName}</Link>;
}

/** How long it ran. */
export const ranFor = (startedAt: string | null | undefined, endedAt: string | null | undefined): string =>
  startedAt == null || endedAt == null ? UNKNOWN : duration(Date.parse(endedAt) - Date.parse(startedAt));
