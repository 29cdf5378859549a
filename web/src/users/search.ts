/** Which users are listed, as the address says it. */
import type { Role } from "../gql/graphql";
import { listOf, listOfThese, textOf } from "../search";
import { ROLES } from "./roles";

export interface UserSearch {
  /** Words of name or display name. */
  q?: string | undefined;
  /** Who has one of them. */
  role?: Role[] | undefined;
  /** Names of groups; "none" is who has none. */
  group?: string[] | undefined;
}

export function readUserSearch(search: Record<string, unknown>): UserSearch {
  return {
    q: textOf(search["q"]),
    role: listOfThese(search["role"], ROLES),
    group: listOf(search["group"]),
  };
}
