/** Which jobs are listed, as the address says it. */
import type { JobState } from "../gql/graphql";
import { listOf, listOfThese, textOf } from "../search";

export interface JobSearch {
  q?: string | undefined;
  state?: JobState[] | undefined;
  pool?: string[] | undefined;
}

export function readJobSearch(search: Record<string, unknown>): JobSearch {
  return {
    q: textOf(search["q"]),
    state: listOfThese(search["state"], ["QUEUED", "RUNNING"] as const),
    pool: listOf(search["pool"]),
  };
}
