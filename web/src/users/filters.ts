/** Who is in a list of users, and in which order. */
import type { UserInfo } from "./live";
import { NO_GROUP, type UserFilters } from "./search";

const collator = new Intl.Collator("en", { numeric: true });

export const groupNameOf = (user: UserInfo): string => user.group?.name ?? NO_GROUP;

export const hasFilters = ({ q, role, group }: UserFilters): boolean => q !== undefined || role !== undefined || group !== undefined;

export function arrangeUsers(users: Iterable<UserInfo>, { q, role, group }: UserFilters): UserInfo[] {
  const words = q?.toLowerCase().split(/\s+/) ?? [];
  return [...users]
    .filter((user) => {
      const text = `${user.name} ${user.displayName ?? ""}`.toLowerCase();
      return words.every((word) => text.includes(word)) &&
        (role === undefined || user.roles.some((one) => role.includes(one))) &&
        (group === undefined || group.includes(groupNameOf(user)));
    })
    .toSorted((a, b) => collator.compare(a.name, b.name));
}
