/** Which popup is open over the About screen, as the address says it. */
import { oneOf } from "../search";

export interface AboutSearch {
  popup?: "licence" | undefined;
}

export function readAboutSearch(search: Record<string, unknown>): AboutSearch {
  return { popup: oneOf(search["popup"], ["licence"] as const) };
}
