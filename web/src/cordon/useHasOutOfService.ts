/** Whether a device is out of service now: else no legend needs a word for it. */
import { useMemo } from "react";
import { useInventory } from "../live/Live";

export function useHasOutOfService(): boolean {
  const { devices, version } = useInventory();
  return useMemo(
    () => [...devices.values()].some((device) => device.cordon != null),
    // The inventory's version stands for its content.
    // oxlint-disable-next-line react/exhaustive-deps
    [devices, version],
  );
}
