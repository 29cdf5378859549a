/** Devices as operators hand them out: by type, and within it by node. */
import type { DeviceInfo } from "../live/documents";

export interface Block {
  /** Of this node, in this section. */
  key: string;
  hostName: string;
  devices: readonly DeviceInfo[];
  free: number;
}

export interface Section {
  type: { id: string; name: string };
  blocks: readonly Block[];
  devices: number;
  free: number;
}

/** A device with an active job stays where it is. */
export const isHeld = (device: DeviceInfo): boolean => device.job != null;

/** What is offered: held by no job, and in service. One that is not may still be chosen deliberately. */
export const isFree = (device: DeviceInfo): boolean => !isHeld(device) && device.cordon == null;

/** Cards that are cut into MIG instances are not given out; their instances are. */
export function givenOut(devices: Iterable<DeviceInfo>): DeviceInfo[] {
  const all = [...devices];
  const cut = new Set(all.map((device) => device.migParent?.id));
  return all.filter((device) => !cut.has(device.id));
}

const collator = new Intl.Collator("en", { numeric: true });

export function sectionsOf(devices: Iterable<DeviceInfo>): Section[] {
  const types = new Map<string, { type: Section["type"]; nodes: Map<string, DeviceInfo[]> }>();
  for (const device of devices) {
    const found = types.get(device.type.id) ?? { type: device.type, nodes: new Map<string, DeviceInfo[]>() };
    types.set(device.type.id, found);
    const onNode = found.nodes.get(device.node.id);
    if (onNode) onNode.push(device);
    else found.nodes.set(device.node.id, [device]);
  }
  return [...types.values()]
    .map(({ type, nodes }) => {
      const blocks = [...nodes.values()].map((onNode) => blockOf(type.id, onNode)).toSorted((a, b) => collator.compare(a.hostName, b.hostName));
      return {
        type,
        blocks,
        devices: blocks.reduce((n, block) => n + block.devices.length, 0),
        free: blocks.reduce((n, block) => n + block.free, 0),
      };
    })
    .toSorted((a, b) => b.devices - a.devices || collator.compare(a.type.name, b.type.name));
}

function blockOf(typeId: string, onNode: DeviceInfo[]): Block {
  const { node } = onNode[0];
  return {
    key: `${typeId} ${node.id}`,
    hostName: node.hostName,
    devices: onNode.toSorted((a, b) => a.index - b.index || (a.uuid < b.uuid ? -1 : 1)),
    free: onNode.filter(isFree).length,
  };
}

/** `n` free devices, whole nodes first; then such that as few whole nodes as possible are broken. */
export function chooseForMe(blocks: readonly Block[], n: number): string[] {
  const chosen: string[] = [];
  let left = [...blocks].filter((block) => block.free > 0);
  const take = (block: Block) => {
    const free = block.devices.filter(isFree).slice(0, n - chosen.length);
    chosen.push(...free.map((device) => device.id));
    left = left.filter((other) => other !== block);
  };
  const isWhole = (block: Block) => block.free === block.devices.length;
  for (const block of left.filter(isWhole).toSorted((a, b) => b.free - a.free)) {
    if (block.free <= n - chosen.length) take(block);
  }
  while (chosen.length < n && left.length > 0) {
    const missing = n - chosen.length;
    const enough = left.filter((block) => block.free >= missing);
    const best = enough.length > 0
      ? enough.toSorted((a, b) => Number(isWhole(a)) - Number(isWhole(b)) || a.free - b.free)[0]
      : left.toSorted((a, b) => b.free - a.free)[0];
    take(best);
  }
  return chosen;
}

/** "16 × H100 80GB HBM3, 2 × A100-SXM4-80GB" as parts, the most first. */
export function countByType(devices: Iterable<DeviceInfo>): { id: string; name: string; count: number }[] {
  const counts = new Map<string, { id: string; name: string; count: number }>();
  for (const { type } of devices) {
    const found = counts.get(type.id);
    if (found) found.count++;
    else counts.set(type.id, { id: type.id, name: type.name, count: 1 });
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count);
}
