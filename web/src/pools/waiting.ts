/** Why the jobs that wait for a pool wait, as far as its numbers tell. */
import type { JobInfo } from "../live/documents";
import { count } from "../ui/format";

/** Active jobs by the id of the pool that they hold devices of, or wait for. */
export function jobsByPool(jobs: Iterable<JobInfo>): Map<string, JobInfo[]> {
  const found = new Map<string, JobInfo[]>();
  for (const job of jobs) {
    if (job.pool == null) continue;
    const others = found.get(job.pool.id);
    if (others) others.push(job);
    else found.set(job.pool.id, [job]);
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
