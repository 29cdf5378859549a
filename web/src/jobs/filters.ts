/** The rules by which a job is in a list, and the orders that a list can have. */
import type { JobInfo } from "../live/documents";
import type { EndedOrder, JobFilters, JobOrder } from "./search";

export const FILTER_WORDS = { user: "User or owner", group: "Group", pool: "Pool", node: "Node", source: "Source" } as const;
export type FilterName = keyof typeof FILTER_WORDS;
export const FILTER_NAMES = Object.keys(FILTER_WORDS) as FilterName[];

export const SOURCE_WORDS: Record<string, string> = { NVML: "process", DEMO: "demo", KUBERNETES: "Kubernetes" };

/** What a list shows of a job, active or ended. */
export type JobLine = Pick<JobInfo, "key" | "name" | "state" | "source" | "owner" | "user" | "group" | "pool" | "nodes">;

/** Whose it is: the user's name, or the owner's where nobody on board has it. */
export const ownerOf = (job: JobLine): string => job.user?.name ?? job.owner ?? "";

export function valuesOf(job: JobLine, name: FilterName): string[] {
  switch (name) {
    case "user":
      return [ownerOf(job)];
    case "group":
      return [job.group?.name ?? ""];
    case "pool":
      return [job.pool?.name ?? ""];
    case "node":
      return job.nodes.map((node) => node.hostName);
    case "source":
      return [job.source];
  }
}

export function matchesJob(job: JobLine, filters: JobFilters): boolean {
  if (filters.state && !filters.state.includes(job.state)) return false;
  for (const name of FILTER_NAMES) {
    const wanted: readonly string[] | undefined = filters[name];
    if (wanted && !valuesOf(job, name).some((value) => wanted.includes(value))) return false;
  }
  return matchesWords(job, filters.q);
}

function matchesWords(job: JobLine, q: string | undefined): boolean {
  if (q === undefined) return true;
  const text = `${job.name} ${job.key} ${job.owner ?? ""} ${job.user?.name ?? ""} ${job.group?.name ?? ""}`.toLowerCase();
  return q.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export const hasFilters = (filters: JobFilters): boolean =>
  filters.q !== undefined || filters.state !== undefined || FILTER_NAMES.some((name) => filters[name] !== undefined);

export const ORDER_WORDS: Record<JobOrder, string> = {
  urgent: "Waiting first, then the newest",
  longest: "The longest first",
  devices: "Most devices first",
  name: "By name",
};

export const ENDED_ORDER_WORDS: Record<EndedOrder, string> = {
  ended: "Latest end first",
  started: "Latest start first",
  name: "By name",
};

const collator = new Intl.Collator("en", { numeric: true });
const began = (job: JobInfo): string => (job.state === "QUEUED" ? job.submittedAt : job.startedAt) ?? "";
const size = (job: JobInfo): number => job.heldDevices || (job.requestedDevices ?? 0);

const COMPARE: Record<JobOrder, (a: JobInfo, b: JobInfo) => number> = {
  // Waiting jobs first and the longest wait on top; then the latest start.
  urgent: (a, b) => {
    if (a.state !== b.state) return a.state === "QUEUED" ? -1 : 1;
    return a.state === "QUEUED" ? began(a).localeCompare(began(b)) : began(b).localeCompare(began(a));
  },
  longest: (a, b) => began(a).localeCompare(began(b)),
  devices: (a, b) => size(b) - size(a),
  name: () => 0,
};

export function arrangeJobs(jobs: Iterable<JobInfo>, filters: JobFilters, order: JobOrder): string[] {
  return [...jobs]
    .filter((job) => matchesJob(job, filters))
    .toSorted((a, b) => COMPARE[order](a, b) || collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1))
    .map((job) => job.id);
}
