/** The pools as they are now: by name, the Default pool last. */
import { useMemo } from "react";
import { graphql } from "../gql";
import type { PoolChangesSubscription } from "../gql/graphql";
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
        deviceTypes { id name }
        group { id name }
      }
    }
  }
`);

export type PoolInfo = PoolChangesSubscription["poolChanges"]["changed"][number];

export interface Pools {
  /** null before they are known. */
  list: readonly PoolInfo[] | null;
  failure: string | null;
}

const byName = new Intl.Collator("en", { numeric: true });

export function usePools(): Pools {
  const { items, version, failure } = useChanges(PoolChangesDocument, "poolChanges");
  const list = useMemo(
    () => items.isLoaded
      ? [...items.values()].toSorted((a, b) => Number(a.isDefault) - Number(b.isDefault) || byName.compare(a.name, b.name))
      : null,
    // The version stands for the content.
    // oxlint-disable-next-line react/exhaustive-deps
    [items, version],
  );
  return { list, failure };
}

/** By name, whatever its case: addresses are typed by hand too. */
export const poolNamed = (pools: readonly PoolInfo[] | null, name: string | undefined): PoolInfo | undefined =>
  name === undefined ? undefined : pools?.find((pool) => pool.name.toLowerCase() === name.toLowerCase());
