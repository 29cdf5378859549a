/** How the states of enforcement are marked and said. */
import type { EnforcementState } from "../gql/graphql";
import type { MarkLevel } from "../ui/Mark";

export interface EnforcementInfo {
  state: EnforcementState;
  /** Why, as far as one may know it. */
  reason?: string | null | undefined;
  /** What it is called in the cluster. */
  objectName?: string | null | undefined;
}

export const STATES: Record<EnforcementState, readonly [MarkLevel, string]> = {
  NONE: ["OUT", "No cluster"],
  IN_SYNC: ["OK", "In sync"],
  APPLYING: ["UNKNOWN", "Applying"],
  DRIFTED: ["WARNING", "Drifted"],
  NOT_ENFORCEABLE: ["CRITICAL", "Not enforceable"],
};

/** Whether there is a cluster to speak of: with none, no list says anything of one. */
export const isEnforced = (some: Iterable<{ enforcement: EnforcementInfo }>): boolean =>
  [...some].some(({ enforcement }) => enforcement.state !== "NONE");

/** All that is to be said, for a tip: the name in the cluster is what jobs ask for. */
export const inFull = ({ state, reason, objectName }: EnforcementInfo): string =>
  [objectName == null ? STATES[state][1] : `${STATES[state][1]}: ${objectName}`, reason].filter((part) => part != null).join(" · ");
