/** The orders that the list of nodes can have, and which nodes are in it. */
import type { NodeInfo } from "../live/documents";
import type { Sums } from "../live/sums";
import { share } from "../ui/format";
import type { NodeSearch, NodeSort } from "./search";
import { nodeLevel } from "./state";

export const SORT_WORDS: Record<NodeSort, string> = {
  "health:desc": "Worst health first",
  "name:asc": "By name",
  "allocated:desc": "Most allocated first",
  "used:desc": "Most used first",
  "cpu:desc": "Busiest host first",
  "memory:desc": "Fullest host first",
};

const SEVERITY = { OK: 0, WARNING: 1, UNKNOWN: 2, CRITICAL: 3 };
const collator = new Intl.Collator("en", { numeric: true });

export function arrangeNodes(nodes: Iterable<NodeInfo>, { q, state }: Pick<NodeSearch, "q" | "state">, sort: NodeSort, sumsOf: (node: NodeInfo) => Sums): string[] {
  const rank: Record<NodeSort, (node: NodeInfo) => number> = {
    "name:asc": () => 0,
    "health:desc": (node) => SEVERITY[nodeLevel(node)],
    "allocated:desc": (node) => sumsOf(node).allocated,
    "used:desc": (node) => sumsOf(node).utilisation ?? -1,
    "cpu:desc": (node) => node.host?.cpuPercent ?? -1,
    "memory:desc": (node) => share(node.host?.memoryUsedBytes, node.host?.memoryTotalBytes) ?? -1,
  };
  return [...nodes]
    .filter((node) => (state === undefined || state.includes(node.state)) && (q === undefined || node.hostName.toLowerCase().includes(q.toLowerCase())))
    .map((node) => ({ node, rank: rank[sort](node) }))
    .toSorted((a, b) => b.rank - a.rank || collator.compare(a.node.hostName, b.node.hostName))
    .map(({ node }) => node.id);
}
