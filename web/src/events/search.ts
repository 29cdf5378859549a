/** Which health events are listed, as the address says it. */
import type { HealthLevel } from "../gql/graphql";
import { HEALTH } from "../live/fleet";
import { listOfThese, textOf } from "../search";

export interface EventSearch {
  level?: HealthLevel[] | undefined;
  /** Host name. */
  node?: string | undefined;
  /** UUID. */
  device?: string | undefined;
}

export function readEventSearch(search: Record<string, unknown>): EventSearch {
  return {
    level: listOfThese(search["level"], HEALTH),
    node: textOf(search["node"]),
    device: textOf(search["device"]),
  };
}
