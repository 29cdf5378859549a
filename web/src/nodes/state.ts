/** A node's state in words, and the worst that is known of it. */
import type { HealthLevel, NodeState } from "../gql/graphql";
import type { NodeInfo } from "../live/documents";

export const STATE_WORDS: Record<NodeState, string> = { READY: "Ready", NOT_READY: "Not ready", STALE: "Stale" };

/** What one wants to know of a node first: its fault, or else why it is out of service. */
export function stateWords(node: NodeInfo): string {
  const [reason, ...others] = node.health.reasons;
  const state = node.state === "READY" ? null : STATE_WORDS[node.state];
  if (reason === undefined || nodeLevel(node) === "OK") {
    return node.cordon == null ? STATE_WORDS[node.state] : `Out of service: ${node.cordon.reason}`;
  }
  return [state, others.length === 0 ? reason.title : `${reason.title} (+${others.length})`].filter(Boolean).join(" · ");
}

/** A silent node is never shown as healthy. */
export function nodeLevel(node: Pick<NodeInfo, "isStale" | "state"> & { health: { level: HealthLevel } }): HealthLevel {
  if (node.health.level === "CRITICAL") return "CRITICAL";
  if (node.isStale || node.state === "STALE") return "UNKNOWN";
  if (node.state === "NOT_READY") return "WARNING";
  return node.health.level;
}
