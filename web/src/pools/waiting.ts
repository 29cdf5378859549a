/** The jobs of pools, and why those that wait do, as far as the numbers tell. */
import type { DeviceInfo, JobInfo } from "../live/documents";
import { count } from "../ui/format";

/** Active jobs by the id of the pools that they hold devices of; those that hold none, of the pool they wait for. */
export function jobsByPool(jobs: Iterable<JobInfo>, devices: Iterable<DeviceInfo>): Map<string, JobInfo[]> {
  const poolsOf = new Map<string, Set<string>>();
  for (const { job, pool } of devices) {
    if (job != null) poolsOf.set(job.id, (poolsOf.get(job.id) ?? new Set()).add(pool.id));
  }
  const found = new Map<string, JobInfo[]>();
  for (const job of jobs) {
    for (const pool of poolsOf.get(job.id) ?? (job.pool == null ? [] : [job.pool.id])) {
      const others = found.get(pool);
      if (others) others.push(job);
      else found.set(pool, [job]);
    }
  }
  return found;
}

export function whyWaiting(queued: readonly JobInfo[], free: number): string {
  if (free === 0) return "no free device";
  const asked = queued.map((job) => job.requestedDevices).filter((n) => n != null);
  const least = asked.length === 0 ? null : Math.min(...asked);
  if (least !== null && least > free) return `the smallest asks for ${count(least)}, ${count(free)} free`;
  return `${count(free)} free: the scheduler has not placed ${queued.length === 1 ? "it" : "them"} yet`;
}
