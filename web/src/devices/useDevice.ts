/** A device of the live inventory by its UUID: undefined before the inventory is here, null if unknown. */
import type { DeviceInfo } from "../live/documents";
import { useInventory } from "../live/Live";

export function useDevice(uuid: string): DeviceInfo | null | undefined {
  const { devices } = useInventory();
  for (const device of devices.values()) {
    if (device.uuid === uuid) return device;
  }
  return devices.isLoaded ? null : undefined;
}
