/** Which popup is open over the account, as the address says it. */
import { oneOf, textOf } from "../search";

export interface AccountSearch {
  popup?: "create" | "revoke" | "end" | "everywhere" | undefined;
  /** The id of the token or session that it is about. */
  which?: string | undefined;
}

export function readAccountSearch(search: Record<string, unknown>): AccountSearch {
  return {
    popup: oneOf(search["popup"], ["create", "revoke", "end", "everywhere"] as const),
    which: textOf(search["which"]),
  };
}
