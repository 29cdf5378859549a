/** The pools as they are now: by name, the Default pool last. */
import { useMemo, useState } from "react";
import { graphql } from "../gql";
import type { PoolChangesSubscription } from "../gql/graphql";
import type { DeviceInfo } from "../live/documents";
import { useInventory } from "../live/Live";
import { useChanges } from "../live/useChanges";

const PoolChangesDocument = graphql(`
  subscription PoolChanges {
    poolChanges {
      isSnapshot
      isComplete
      removed
      changed {
        id
        name
        isDefault
        version
        group { id name }
        enforcement { state reason objectName }
      }
    }
  }
`);

type Pushed = PoolChangesSubscription["poolChanges"]["changed"][number];

export interface PoolInfo extends Pushed {
  /** Of the devices in it: one, unless it is the Default pool, or empty. */
  deviceTypes: readonly { id: string; name: string }[];
}

export interface Pools {
  /** null before they and their devices are known. */
  list: readonly PoolInfo[] | null;
  failure: string | null;
}

const byName = new Intl.Collator("en", { numeric: true });

function withTypes(pools: readonly Pushed[], devices: Iterable<DeviceInfo>): PoolInfo[] {
  const typesOf = new Map<string, Map<string, DeviceInfo["type"]>>();
  for (const { pool, type } of devices) {
    const found = typesOf.get(pool.id) ?? new Map<string, DeviceInfo["type"]>();
    typesOf.set(pool.id, found.set(type.id, type));
  }
  return pools.map((pool) => ({ ...pool, deviceTypes: [...(typesOf.get(pool.id)?.values() ?? [])] }));
}

export function usePools(): Pools {
  const { items, version, failure } = useChanges(PoolChangesDocument, "poolChanges");
  const { devices, version: inventory } = useInventory();
  // The types follow from the devices, which are told of a moment after their pool.
  const list = useMemo(
    () => items.isLoaded && devices.isLoaded
      ? withTypes([...items.values()], devices.values()).toSorted((a, b) => Number(a.isDefault) - Number(b.isDefault) || byName.compare(a.name, b.name))
      : null,
    // The version stands for the content.
    // oxlint-disable-next-line react/exhaustive-deps
    [items, version, devices, inventory],
  );
  return { list, failure };
}

/** By name, whatever its case: addresses are typed by hand too. */
export const poolNamed = (pools: readonly PoolInfo[] | null, name: string | undefined): PoolInfo | undefined =>
  name === undefined ? undefined : pools?.find((pool) => pool.name.toLowerCase() === name.toLowerCase());

/** The pool that an address names, which stays the same one when somebody renames it. */
export function useNamedPool(pools: readonly PoolInfo[] | null, name: string | undefined): PoolInfo | undefined {
  const [known, setKnown] = useState<{ name: string; id: string } | null>(null);
  const isKnown = known !== null && known.name === name;
  const found = (isKnown ? pools?.find((pool) => pool.id === known.id) : undefined) ?? poolNamed(pools, name);
  if (found !== undefined && name !== undefined && !(isKnown && known.id === found.id)) setKnown({ name, id: found.id });
  return found;
}
