/** Which entries of the audit log are listed, as the address says it; the export takes the same. */
import type { AuditFilter } from "../gql/graphql";
import { listOf, oneOf, stringifySearch, textOf } from "../search";

export interface AuditFilters {
  /** A part of the actor's name. */
  actor?: string | undefined;
  /** "pool.create" */
  action?: string[] | undefined;
  kind?: string[] | undefined;
  /** A part of object, actor, action or reason. */
  search?: string | undefined;
  refused?: "true" | "false" | undefined;
  /** Moments, ISO 8601; until is not in it. */
  since?: string | undefined;
  until?: string | undefined;
}

export interface AuditSearch extends AuditFilters {
  /** The id of the entry whose detail is open. */
  entry?: string | undefined;
}

export function readAuditSearch(search: Record<string, unknown>): AuditSearch {
  return {
    actor: textOf(search["actor"]),
    action: listOf(search["action"]),
    kind: listOf(search["kind"]),
    search: textOf(search["search"]),
    refused: oneOf(search["refused"], ["true", "false"] as const),
    since: momentOf(search["since"]),
    until: momentOf(search["until"]),
    entry: textOf(search["entry"]),
  };
}

/** What cannot be read as a moment is no filter. */
function momentOf(value: unknown): string | undefined {
  const at = Date.parse(textOf(value) ?? "");
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

export function toFilter({ actor, action, kind, search, refused, since, until }: AuditFilters): AuditFilter {
  return {
    actor: actor ?? null,
    actions: action ?? null,
    objectKinds: kind ?? null,
    search: search ?? null,
    isRefused: refused === undefined ? null : refused === "true",
    since: since ?? null,
    until: until ?? null,
  };
}

export const hasFilters = (filters: AuditFilters): boolean => Object.values(toFilter(filters)).some((value) => value !== null);

export function exportAddress({ actor, action, kind, search, refused, since, until }: AuditFilters): string {
  return `/audit.jsonl${stringifySearch({ actor, action, kind, search, refused, since, until })}`;
}
