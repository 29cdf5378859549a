/** A node's state in words, and the worst that is known of it. */
import type { HealthLevel, NodeState } from "../gql/graphql";
import type { NodeInfo } from "../live/documents";

export const STATE_WORDS: Record<NodeState, string> = { READY: "Ready", NOT_READY: "Not ready", STALE: "Stale" };

/** A silent node is never shown as healthy. */
export function nodeLevel(node: Pick<NodeInfo, "isStale" | "state"> & { health: { level: HealthLevel } }): HealthLevel {
  if (node.health.level === "CRITICAL") return "CRITICAL";
  if (node.isStale || node.state === "STALE") return "UNKNOWN";
  if (node.state === "NOT_READY") return "WARNING";
  return node.health.level;
}
