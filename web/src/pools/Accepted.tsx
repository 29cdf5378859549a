/** What would be accepted instead of a choice of devices, as buttons that choose it. */
import type { DeviceInfo } from "../live/documents";
import { Action } from "../ui/Action";
import { plural, shortType } from "../ui/format";
import { countByType } from "./blocks";
import type { Chosen } from "./useChosen";

/** What the refusals of createPool, editPool and moveDevices say of devices. */
export type DeviceRefusal =
  | { kind: "MixedDeviceTypes"; types: readonly { id: string; name: string }[] }
  | { kind: "DevicesInOtherPool" | "DevicesBusy"; deviceIds: readonly string[] }
  | { kind: "Unknown"; ids: readonly string[] }
  | { kind: string };

interface AcceptedProps {
  refusal: DeviceRefusal;
  /** What was chosen, as it is known here. */
  devices: readonly DeviceInfo[];
  chosen: Chosen;
  choose: (chosen: Chosen) => void;
}

export function Accepted({ refusal, devices, chosen, choose }: AcceptedProps) {
  const without = (ids: readonly string[]) => {
    const left = new Set([...chosen].filter((id) => !ids.includes(id)));
    return left.size < chosen.size && left.size > 0 ? left : null;
  };
  if ("types" in refusal) {
    const kept = countByType(devices.filter((device) => chosen.has(device.id)));
    return kept.length < 2 ? null : kept.map(({ id, name, count }) => (
      <Action key={id} isSmall onPress={() => choose(new Set(devices.filter((device) => chosen.has(device.id) && device.type.id === id).map((device) => device.id)))}>
        Keep the {count} {shortType(name)}
      </Action>
    ));
  }
  const ids = "deviceIds" in refusal ? refusal.deviceIds : "ids" in refusal ? refusal.ids : [];
  const left = without(ids);
  if (left === null) return null;
  const gone = chosen.size - left.size;
  const why = refusal.kind === "DevicesBusy" ? "held" : refusal.kind === "Unknown" ? "gone" : "of another pool";
  return <Action isSmall onPress={() => choose(left)}>Leave out the {gone} {why}, keep {plural(left.size, "GPU")}</Action>;
}
