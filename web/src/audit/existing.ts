/** Which objects still exist, and what they are called now: the log outlives what it speaks of. */
import { useGroups } from "../groups/live";
import { useKnownPools } from "../pools/known";
import { useUsers } from "../users/live";

/** The name now; null for what is no more, or is of a kind that has no screen. */
export type Existing = (kind: string, id: string | null) => string | null;

export function useExisting(): Existing {
  const users = useUsers().items;
  const groups = useGroups().items;
  const pools = useKnownPools();
  return (kind, id) => {
    if (id === null) return null;
    if (kind === "user") return users.get(id)?.name ?? null;
    if (kind === "group") return groups.get(id)?.name ?? null;
    if (kind === "pool") return pools?.find((pool) => pool.id === id)?.name ?? null;
    return null;
  };
}
