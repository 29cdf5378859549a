/** Which users are listed and which popup is open over them, as the address says it. */
import type { Role } from "../gql/graphql";
import { listOf, listOfThese, oneOf, textOf } from "../search";
import { ROLES } from "./roles";

/** What stands for "in no group" among the names of groups. */
export const NO_GROUP = "none";

export type UserPopup = "on-board" | "edit" | "password" | "tokens" | "delete";

export interface UserFilters {
  /** Words of name or display name; all must match. */
  q?: string | undefined;
  /** Who has one of them. */
  role?: Role[] | undefined;
  /** Names of groups, or NO_GROUP. */
  group?: string[] | undefined;
}

export interface UserSearch extends UserFilters {
  popup?: UserPopup | undefined;
  /** The users that the popup is about, by name. */
  which?: string[] | undefined;
}

export function readUserSearch(search: Record<string, unknown>): UserSearch {
  return {
    q: textOf(search["q"]),
    role: listOfThese(search["role"], ROLES),
    group: listOf(search["group"]),
    popup: oneOf(search["popup"], ["on-board", "edit", "password", "tokens", "delete"] as const),
    which: listOf(search["which"]),
  };
}

export const closed = ({ q, role, group }: UserSearch): UserSearch => ({ q, role, group });
