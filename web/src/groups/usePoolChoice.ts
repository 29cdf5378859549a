/** The pool of a group: only free ones can be chosen; the others say whose they are. */
import { useState } from "react";
import { useKnownPools, type KnownPool } from "../pools/known";
import { count, plural, shortType } from "../ui/format";
import type { GroupInfo } from "./live";

const NONE = "none";

export interface PoolChange {
  /** null: it is taken away. */
  id: string | null;
  name: string | null;
}

export interface PoolChoice {
  value: string;
  choose: (id: string) => void;
  reset: () => void;
  options: readonly { id: string; words: string; more?: string; isDisabled?: boolean }[];
  hint: string | undefined;
  /** Undefined: it stays. */
  changed: PoolChange | undefined;
}

export function usePoolChoice(group: GroupInfo | undefined): PoolChoice {
  const pools = useKnownPools() ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const now = group?.pool?.id ?? NONE;
  const value = chosen ?? now;
  const isOffered = (pool: KnownPool) => pool.group == null || pool.group.id === group?.id;
  const free = pools.filter((pool) => pool.group == null);
  const picked = pools.find((pool) => pool.id === value);
  return {
    value,
    choose: setChosen,
    reset: () => setChosen(null),
    options: [
      { id: NONE, words: "No pool" },
      ...pools.filter(isOffered).map((pool) => ({ id: pool.id, words: pool.name, more: devicesOf(pool) })),
      ...pools.filter((pool) => !isOffered(pool)).map((pool) => ({ id: pool.id, words: pool.name, more: `used by ${pool.group?.name ?? ""}`, isDisabled: true })),
    ],
    hint: value === NONE && free.length === 0 ? "Every pool is used by a group; make one on the screen of pools."
      : picked ? `${devicesOf(picked)}, ${count(picked.load.free)} held by no job` : undefined,
    changed: value === now ? undefined : { id: value === NONE ? null : value, name: picked?.name ?? null },
  };
}

function devicesOf(pool: KnownPool): string {
  const [type, ...others] = pool.deviceTypes;
  if (type === undefined) return "no device";
  return others.length > 0 ? `${plural(pool.load.devices, "device")} of ${others.length + 1} types` : `${count(pool.load.devices)} × ${shortType(type.name)}`;
}
