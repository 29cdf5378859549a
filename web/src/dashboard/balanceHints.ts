/** What is no fault and yet worth a look: jobs that wait, and devices that are held for nothing. */
import { graphql, useFragment, type FragmentType } from "../gql";
import type { BalanceHintsFragment as Pushed } from "../gql/graphql";
import { count, plural } from "../ui/format";

const BalanceHintsFragment = graphql(`
  fragment BalanceHints on Cluster {
    time
    pools {
      id
      name
      load { free waitingJobs waitingDevices waitingSince }
    }
    departed { id name leftDirectoryAt jobs(first: 3) { totalCount edges { node { name } } } }
    idleDevicesTotal
    idleDevices(first: 20) {
      since
      device { id pool { name } }
      job { id name owner }
    }
  }
`);

/** Shorter pauses are the rhythm of a job. */
const WORTH_A_HINT_MS = 15 * 60_000;

export interface Hint {
  kind: "left" | "waits" | "idle";
  subject: string;
  title: string;
  remedy: string;
  since: string | null;
}

export function useBalanceHints(cluster: FragmentType<typeof BalanceHintsFragment> | null): Hint[] {
  const data = useFragment(BalanceHintsFragment, cluster);
  return data === null ? [] : [...left(data), ...waits(data), ...idle(data)];
}

/** Nobody is there to end what runs for them. */
function left({ departed }: Pushed): Hint[] {
  return departed.map(({ name, leftDirectoryAt, jobs }) => {
    const names = jobs.edges.map((edge) => edge.node.name).join(", ");
    return {
      kind: "left",
      subject: name,
      title: `left the directory with ${plural(jobs.totalCount, "active job")}`,
      remedy: `End ${jobs.totalCount > jobs.edges.length ? `${names} and others` : names}, then delete the user`,
      since: leftDirectoryAt ?? null,
    };
  });
}

function waits({ pools }: Pushed): Hint[] {
  return pools.filter(({ load }) => load.waitingJobs > 0)
    .toSorted((a, b) => (a.load.waitingSince ?? "").localeCompare(b.load.waitingSince ?? ""))
    .map(({ name, load }) => ({
      kind: "waits",
      subject: name,
      title: `${plural(load.waitingJobs, "job")} ${load.waitingJobs === 1 ? "waits" : "wait"} for ${plural(load.waitingDevices, "device")}`,
      remedy: load.free === 0 ? "No free device there. See where free ones are" : `${count(load.free)} free there. See who waits, and where more are free`,
      since: load.waitingSince ?? null,
    }));
}

function idle({ time, idleDevices, idleDevicesTotal }: Pushed): Hint[] {
  const now = Date.parse(time);
  const byJob = new Map<string, { name: string; owner: string; pool: string; devices: number; since: string }>();
  for (const { since, device, job } of idleDevices) {
    if (job == null || since == null || now - Date.parse(since) < WORTH_A_HINT_MS) continue;
    const found = byJob.get(job.id);
    if (found) found.devices++;
    else byJob.set(job.id, { name: job.name, owner: job.owner ?? "somebody unknown", pool: device.pool.name, devices: 1, since });
  }
  const atLeast = idleDevicesTotal > idleDevices.length ? "at least " : "";
  return [...byJob.values()].map(({ name, owner, pool, devices, since }) => ({
    kind: "idle",
    subject: name,
    title: `${atLeast}${plural(devices, "device")} allocated, idle`,
    remedy: `Held by ${owner} in ${pool}: ask whether they are still needed`,
    since,
  }));
}
