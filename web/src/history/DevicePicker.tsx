/** The devices that are compared, found by node, type, pool or job. */
import type { ReactNode } from "react";
import { useInventory } from "../live/Live";
import { plural, shortType } from "../ui/format";
import { Picker } from "./Picker";
import { MOST_COMPARED } from "./search";
import { nameOf } from "./subject";

const MOST_OFFERED = 60;

interface DevicePickerProps {
  /** UUIDs. */
  chosen: readonly string[];
  onChange: (uuids: string[]) => void;
  children: ReactNode;
}

export function DevicePicker({ chosen, onChange, children }: DevicePickerProps) {
  const { devices } = useInventory();
  const isFull = chosen.length >= MOST_COMPARED;
  const options = (words: string) => {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const offered = [...devices.values()]
      .map((device) => ({ id: device.uuid, words: nameOf(device), note: `${shortType(device.type.name)} · ${device.pool.name}${device.job ? ` · ${device.job.name}` : ""}` }))
      .filter(({ id, words: name, note }) => wanted.every((word) => `${name} ${note} ${id}`.toLowerCase().includes(word)))
      .toSorted((a, b) => Number(chosen.includes(b.id)) - Number(chosen.includes(a.id)) || a.words.localeCompare(b.words, "en", { numeric: true }));
    return offered.slice(0, MOST_OFFERED).map((one) => ({ ...one, isOff: isFull && !chosen.includes(one.id) }));
  };
  return (
    <Picker label="Devices" placeholder="Node, GPU, type, pool or job" options={options} chosen={chosen} onChange={onChange}
      full={isFull ? `${plural(MOST_COMPARED, "line")} are as many as can be told apart: take one away first.` : undefined}>
      {children}
    </Picker>
  );
}
