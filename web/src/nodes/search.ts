/** Which nodes are listed and in what order, as the address says it. */
import type { NodeState } from "../gql/graphql";
import { listOfThese, oneOf, textOf } from "../search";

export const NODE_STATES = ["READY", "NOT_READY", "STALE"] as const satisfies readonly NodeState[];
export const NODE_SORTS = ["name:asc", "health:desc", "used:desc", "cpu:desc", "memory:desc", "allocated:desc"] as const;
export type NodeSort = (typeof NODE_SORTS)[number];

export interface NodeSearch {
  q?: string | undefined;
  state?: NodeState[] | undefined;
  sort?: NodeSort | undefined;
}

export function readNodeSearch(search: Record<string, unknown>): NodeSearch {
  return {
    q: textOf(search["q"]),
    state: listOfThese(search["state"], NODE_STATES),
    sort: oneOf(search["sort"], NODE_SORTS),
  };
}
