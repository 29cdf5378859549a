/** What saving a group will do, in words. */
import { plural } from "../ui/format";
import type { GroupInfo } from "./live";
import type { PoolChange } from "./usePoolChoice";

interface Wishes {
  isNew: boolean;
  joining: readonly { name: string }[];
  leaving: readonly { name: string }[];
  renamed: string | undefined;
  pool: PoolChange | undefined;
  group: GroupInfo | undefined;
}

export function willHappen({ isNew, joining, leaving, renamed, pool, group }: Wishes): string {
  const parts: string[] = [];
  if (renamed !== undefined && group) parts.push(`${group.name} is called ${renamed}`);
  if (joining.length > 0) parts.push(`${whoOf(joining)} ${joining.length === 1 ? "joins" : "join"}`);
  if (leaving.length > 0) parts.push(`${whoOf(leaving)} ${leaving.length === 1 ? "becomes" : "become"} free`);
  if (pool?.id != null) parts.push(group?.pool ? `pool ${group.pool.name} is given back, ${pool.name} comes` : `it gets the pool ${pool.name}`);
  if (pool?.id === null && group?.pool) parts.push(`pool ${group.pool.name} becomes free`);
  if (isNew && joining.length === 0) parts.push("no users yet");
  if (isNew && pool === undefined) parts.push("no pool yet");
  return parts.length === 0 ? "nothing changed yet" : parts.join("; ");
}

const whoOf = (users: readonly { name: string }[]): string => (users.length === 1 ? users[0].name : plural(users.length, "user"));
