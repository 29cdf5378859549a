/** The devices that match, in an order that holds until the question changes or somebody asks. */
import { useCallback } from "react";
import { useInventory, useLive } from "../live/Live";
import { useFrozenOrder, type FrozenOrder } from "../live/useFrozenOrder";
import { matches, type DeviceFilters } from "./filters";
import { arrange, type SortKey } from "./sorting";

export function useDeviceOrder(filters: DeviceFilters, sort: readonly SortKey[]): FrozenOrder {
  const { store } = useLive();
  const { devices } = useInventory();
  const question = JSON.stringify([filters, sort]);
  const fresh = useCallback(() => {
    const [wanted, keys] = JSON.parse(question) as [DeviceFilters, SortKey[]];
    const found = [...store.devices.values()].filter((device) => matches(device, store.fleet, wanted));
    return arrange(found, store.fleet, keys);
  }, [store, question]);
  return useFrozenOrder(fresh, `${devices.isLoaded} ${store.fleet.shownTime !== null}`);
}
