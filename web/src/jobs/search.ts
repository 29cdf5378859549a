/** Which jobs are listed, as the address says it. */
import type { JobSource, JobState } from "../gql/graphql";
import { listOf, listOfThese, oneOf, textOf } from "../search";

export const ORDERS = ["urgent", "longest", "devices", "name"] as const;
export type JobOrder = (typeof ORDERS)[number];
export const ENDED_ORDERS = ["ended", "started", "name"] as const;
export type EndedOrder = (typeof ENDED_ORDERS)[number];
export const SOURCES: readonly JobSource[] = ["NVML", "DEMO", "KUBERNETES"];

export interface JobFilters {
  /** Words of name, owner, group or key; all must match. */
  q?: string | undefined;
  /** Nothing: active ones. Ended ones are listed alone. */
  state?: JobState[] | undefined;
  /** Names of users, or of owners who are not on board. */
  user?: string[] | undefined;
  group?: string[] | undefined;
  pool?: string[] | undefined;
  node?: string[] | undefined;
  source?: JobSource[] | undefined;
}

export interface JobSearch extends JobFilters {
  /** A list takes those that it has. */
  order?: JobOrder | EndedOrder | undefined;
  /** The key of the job whose detail is open. */
  job?: string | undefined;
}

export function readJobSearch(search: Record<string, unknown>): JobSearch {
  const state = listOfThese(search["state"], ["QUEUED", "RUNNING", "ENDED"] as const);
  return {
    q: textOf(search["q"]),
    state: state?.includes("ENDED") ? ["ENDED"] : state,
    user: listOf(search["user"]),
    group: listOf(search["group"]),
    pool: listOf(search["pool"]),
    node: listOf(search["node"]),
    source: listOfThese(search["source"], SOURCES),
    order: oneOf(search["order"], [...ORDERS, ...ENDED_ORDERS]),
    job: textOf(search["job"]),
  };
}
