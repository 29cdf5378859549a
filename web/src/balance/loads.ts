/** How loaded groups and nodes are now, summed from the live devices by the words of the schema's Load. */
import { givenOut, isFree, isHeld } from "../pools/blocks";
import type { DeviceInfo, JobInfo } from "../live/documents";
import { ALLOCATION, type Fleet } from "../live/fleet";

export const LOAD_BY = ["pool", "group", "node"] as const;
export type LoadBy = (typeof LOAD_BY)[number];

export interface Load {
  devices: number;
  allocated: number;
  computing: number;
  idle: number;
  free: number;
  outOfService: number;
  waitingJobs: number;
  waitingDevices: number;
  waitingSince: string | null;
}

export interface LoadLine {
  /** Its name: unique among its kind. */
  name: string;
  load: Load;
}

const nothing = (): Load => ({ devices: 0, allocated: 0, computing: 0, idle: 0, free: 0, outOfService: 0, waitingJobs: 0, waitingDevices: 0, waitingSince: null });

/** Whether a held device computes nothing now; false where no fresh data says so. */
export function isIdle(device: DeviceInfo, fleet: Fleet): boolean {
  return isHeld(device) && stateOf(device, fleet) === "IDLE";
}

function stateOf(device: DeviceInfo, fleet: Fleet) {
  const row = fleet.row(device.id);
  return row === undefined || fleet.columns.isStale[row] ? "UNKNOWN" : ALLOCATION[fleet.columns.allocation[row]];
}

/** Waiting jobs wait for a group's devices; a node has no queue. */
export function linesOf(by: "group" | "node", devices: Iterable<DeviceInfo>, jobs: Iterable<JobInfo>, fleet: Fleet): LoadLine[] {
  const loads = new Map<string, Load>();
  const loadOf = (name: string): Load => {
    const found = loads.get(name) ?? nothing();
    loads.set(name, found);
    return found;
  };
  for (const device of givenOut(devices)) {
    const name = by === "node" ? device.node.hostName : device.group?.name;
    if (name === undefined) continue;
    const load = loadOf(name);
    load.devices++;
    if (!isHeld(device)) {
      if (isFree(device)) load.free++;
      else load.outOfService++;
      continue;
    }
    load.allocated++;
    const state = stateOf(device, fleet);
    if (state === "COMPUTING") load.computing++;
    if (state === "IDLE") load.idle++;
  }
  if (by === "group") {
    for (const job of jobs) {
      if (job.state !== "QUEUED" || job.group == null) continue;
      const load = loadOf(job.group.name);
      load.waitingJobs++;
      load.waitingDevices += job.requestedDevices ?? 0;
      if (job.submittedAt != null && (load.waitingSince === null || job.submittedAt < load.waitingSince)) load.waitingSince = job.submittedAt;
    }
  }
  return [...loads].map(([name, load]) => ({ name, load }));
}

const collator = new Intl.Collator("en", { numeric: true });

/** Where something can be balanced first: who is waited for, then what is held for nothing, then the busiest. */
export function byNeed(a: LoadLine, b: LoadLine): number {
  return b.load.waitingDevices - a.load.waitingDevices
    || b.load.idle - a.load.idle
    || b.load.computing - a.load.computing
    || collator.compare(a.name, b.name);
}
