/** Where free devices could come from for jobs that wait: a proposal, which an operator looks at first. */
import type { DeviceInfo, JobInfo } from "../live/documents";
import { chooseForMe, isFree, sectionsOf } from "../pools/blocks";
import type { PoolInfo } from "../pools/usePools";

export interface Source {
  pool: string;
  /** Free there, of what the waiting pool takes. */
  free: number;
  /** Those that would be moved: no more than are missing, whole nodes first. */
  uuids: readonly string[];
}

/**
 * Pools that nobody waits for and that have free devices which `pool` takes; the Default pool and then
 * the most free first. A pool of its own type takes that type only.
 */
export function sourcesFor(pool: PoolInfo, missing: number, pools: readonly PoolInfo[], devices: readonly DeviceInfo[], isWaitedFor: (pool: PoolInfo) => boolean): Source[] {
  if (missing <= 0) return [];
  const own = pool.isDefault ? undefined : pool.deviceTypes[0];
  return pools
    .filter((other) => other.id !== pool.id && !isWaitedFor(other))
    .map((other) => {
      const free = devices.filter((device) => device.pool.id === other.id && isFree(device) && (own === undefined || device.type.id === own.id));
      const [most] = sectionsOf(free);
      const ids = new Set(most === undefined ? [] : chooseForMe(most.blocks, Math.min(missing, most.free)));
      return { pool: other.name, isDefault: other.isDefault, free: free.length, uuids: free.filter((device) => ids.has(device.id)).map((device) => device.uuid) };
    })
    .filter((source) => source.free > 0)
    .toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault) || b.free - a.free);
}

/**
 * How many devices each waiting job lacks, by id, if what is free in its pool went to those that wait
 * there for longer; null where it is not known what it asks for, or of which pool.
 */
export function missingOf(queued: readonly JobInfo[], freeIn: (poolId: string) => number): Map<string, number | null> {
  const left = new Map<string, number>();
  return new Map(queued.map(({ id, pool, requestedDevices: asked }) => {
    if (pool == null || asked == null) return [id, null];
    const free = left.get(pool.id) ?? freeIn(pool.id);
    left.set(pool.id, Math.max(0, free - asked));
    return [id, Math.max(0, asked - free)];
  }));
}
