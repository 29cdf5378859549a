/** Whether a pool would take devices, in words; the server decides. */
import type { DeviceInfo } from "../live/documents";
import { shortType } from "../ui/format";
import { countByType } from "./blocks";
import type { PoolInfo } from "./usePools";

/** null where nothing speaks against it. */
export function whyNotTo(pool: PoolInfo, devices: readonly DeviceInfo[]): string | null {
  if (devices.length > 0 && devices.every((device) => device.pool.id === pool.id)) return "they are here";
  if (pool.isDefault) return null;
  const types = countByType(devices);
  if (types.length > 1) return "a pool holds one type";
  const [own] = pool.deviceTypes;
  if (own !== undefined && types.length === 1 && types[0].id !== own.id) return `holds ${shortType(own.name)} only`;
  return null;
}
