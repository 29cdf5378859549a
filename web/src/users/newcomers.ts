/** The people chosen to be taken on board, each with group and roles; and what that does, in words. */
import type { NewcomerInput, Role } from "../gql/graphql";
import { plural } from "../ui/format";
import { ROLES } from "./roles";

export interface Newcomer {
  name: string;
  /** "": none. */
  displayName: string;
  /** Id of the group; null: none yet. */
  group: string | null;
  roles: ReadonlySet<Role>;
  /** Not one of the backend's: somebody typed the name. */
  isAdded: boolean;
  /** By which the backend knows them; null: a local user. */
  subject: string | null;
}

export type Newcomers = ReadonlyMap<string, Newcomer>;

/** What is set for all, and for who is chosen next. */
export interface Defaults {
  group: string | null;
  roles: ReadonlySet<Role>;
}

export const NOTHING_SET: Defaults = { group: null, roles: new Set() };

export const newcomer = (name: string, isAdded: boolean, { group, roles }: Defaults, known?: { subject?: string | null | undefined; displayName?: string | null | undefined }): Newcomer =>
  ({ name, displayName: known?.displayName ?? "", group, roles, isAdded, subject: known?.subject ?? null });

export function withRole(roles: ReadonlySet<Role>, role: Role, isOn: boolean): Set<Role> {
  const next = new Set(roles);
  if (isOn) next.add(role);
  else next.delete(role);
  return next;
}

/** The same change to each of them. */
export const each = (chosen: Newcomers, change: (one: Newcomer) => Newcomer): Newcomers => new Map([...chosen].map(([key, one]) => [key, change(one)]));

/** Names are the same whatever their case and spacing. */
export const keyOf = (name: string): string => name.normalize("NFKC").trim().replaceAll(/\s+/g, " ").toLowerCase();

/** Roles that all of them have, and those that only some have. */
export function sharedRoles(chosen: Newcomers): { all: Set<Role>; some: Set<Role> } {
  const people = [...chosen.values()];
  const all = new Set(ROLES.filter((role) => people.length > 0 && people.every((one) => one.roles.has(role))));
  return { all, some: new Set(ROLES.filter((role) => !all.has(role) && people.some((one) => one.roles.has(role)))) };
}

/** The group that all of them get; undefined: not the same for all. */
export function sharedGroup(chosen: Newcomers): string | null | undefined {
  const groups = new Set([...chosen.values()].map((one) => one.group));
  return groups.size === 1 ? [...groups][0] : undefined;
}

export const toInput = (chosen: Newcomers): NewcomerInput[] =>
  [...chosen.values()].map(({ name, displayName, group, roles, subject }) => ({ name, subject, displayName: displayName.trim() || null, group, roles: ROLES.filter((role) => roles.has(role)) }));

/** "2 join Vision, 1 Research, 1 no group yet." and who can do nothing yet. */
export function willHappen(chosen: Newcomers, nameOfGroup: (id: string) => string): { joins: string; trouble: string } {
  const counts = new Map<string, number>();
  for (const { group } of chosen.values()) {
    const name = group === null ? "" : nameOfGroup(group);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const groupless = counts.get("") ?? 0;
  counts.delete("");
  const joins = [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, n], i) => `${n} ${i > 0 ? "" : n === 1 ? "joins " : "join "}${name}`);
  if (groupless > 0) joins.push(`${groupless} in no group yet`);
  const roleless = [...chosen.values()].filter((one) => one.roles.size === 0).length;
  return {
    joins: joins.join(", "),
    trouble: roleless === 0 ? "" : `${plural(roleless, "person").replace("persons", "people")} without a role ${roleless === 1 ? "sees" : "see"} only the own profile.`,
  };
}
