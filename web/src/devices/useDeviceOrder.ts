/** The devices that match, in an order that holds until the question changes or somebody asks. */
import { useInventory, useLive } from "../live/Live";
import { useFrozenOrder, type FrozenOrder } from "../live/useFrozenOrder";
import { matches, type DeviceFilters } from "./filters";
import { arrange, type SortKey } from "./sorting";

export function useDeviceOrder(filters: DeviceFilters, sort: readonly SortKey[]): FrozenOrder {
  const { fleet } = useLive().store;
  const { devices } = useInventory();
  const question = JSON.stringify([filters, sort, devices.isLoaded]);
  return useFrozenOrder(question, () => arrange([...devices.values()].filter((device) => matches(device, fleet, filters)), fleet, sort));
}
