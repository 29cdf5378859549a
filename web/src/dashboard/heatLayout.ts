/** Where every device stands on the heat map: sections by pool, type or node name, blocks by node. */
import type { DeviceInfo } from "../live/documents";
import { count, shortType } from "../ui/format";
import type { HeatGroup } from "./heatSearch";
import { extent, pack, step, TITLE_HEIGHT, type SectionSize } from "./packing";

export interface HeatCell {
  device: DeviceInfo;
  x: number;
  y: number;
}

export interface HeatBlock {
  nodeId: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface HeatSection {
  title: string;
  note: string;
  x: number;
  y: number;
}

export interface HeatLayout {
  cell: number;
  height: number;
  cells: HeatCell[];
  blocks: HeatBlock[];
  sections: HeatSection[];
}

const ACROSS = 4;
const TITLE_CHARACTER_PX = 7;

interface Group {
  title: string;
  note: string;
  isLast: boolean;
  byNode: Map<string, DeviceInfo[]>;
  size: number;
}

export function layOut(devices: Iterable<DeviceInfo>, by: HeatGroup, width: number, height: number): HeatLayout {
  const groups = groupDevices(devices, by);
  const sizes = groups.map(sizeOf);
  const packing = pack(sizes, width, height);
  const layout: HeatLayout = { cell: packing.cell, height: packing.height, cells: [], blocks: [], sections: [] };
  groups.forEach((group, g) => {
    const at = packing.sections[g];
    const { columns, rows } = sizes[g];
    layout.sections.push({ title: group.title, note: group.note, x: at.x, y: at.y });
    [...group.byNode.values()].forEach((members, b) => {
      const x = at.x + Math.floor(b / at.blocksHigh) * step(columns, packing.cell);
      const y = at.y + TITLE_HEIGHT + (b % at.blocksHigh) * step(rows, packing.cell);
      const slots = slotsOf(members, columns * rows);
      members.forEach((device, i) => {
        const pitch = packing.cell + 1;
        layout.cells.push({ device, x: x + (slots[i] % columns) * pitch, y: y + Math.floor(slots[i] / columns) * pitch });
      });
      layout.blocks.push({
        nodeId: members[0].node.id, x, y,
        width: extent(columns, packing.cell), height: extent(rows, packing.cell),
      });
    });
  });
  return layout;
}

/** A device keeps the place that its index has on the node, unless MIG instances share an index. */
function slotsOf(members: readonly DeviceInfo[], room: number): number[] {
  const indices = members.map((device) => device.index);
  const areOwn = new Set(indices).size === members.length && Math.max(...indices) < room;
  return areOwn ? indices : members.map((_, i) => i);
}

function sizeOf(group: Group): SectionSize {
  const most = Math.max(...[...group.byNode.values()].map((members) => {
    const indices = members.map((device) => device.index);
    return new Set(indices).size === members.length ? Math.max(...indices) + 1 : members.length;
  }));
  const columns = Math.min(ACROSS, most);
  return {
    blocks: group.byNode.size,
    columns,
    rows: Math.ceil(most / columns),
    titleWidth: (group.title.length + group.note.length + 2) * TITLE_CHARACTER_PX,
  };
}

function groupDevices(devices: Iterable<DeviceInfo>, by: HeatGroup): Group[] {
  const groups = new Map<string, Group & { types: Set<string> }>();
  const sorted = [...devices].toSorted(
    (a, b) => a.node.hostName.localeCompare(b.node.hostName, "en", { numeric: true }) || a.index - b.index,
  );
  for (const device of sorted) {
    const [key, title, isLast] =
      by === "pool" ? [device.pool.id, device.pool.name, device.pool.isDefault]
      : by === "type" ? [device.type.id, shortType(device.type.name), false]
      : ["all", "All nodes", false];
    let group = groups.get(key);
    if (!group) {
      group = { title, note: "", isLast, byNode: new Map(), size: 0, types: new Set() };
      groups.set(key, group);
    }
    group.size++;
    group.types.add(shortType(device.type.name));
    const members = group.byNode.get(device.node.id);
    if (members) members.push(device);
    else group.byNode.set(device.node.id, [device]);
  }
  for (const group of groups.values()) {
    const kind = by === "type" ? "" : group.types.size === 1 ? ` · ${[...group.types][0]}` : ` · ${group.types.size} types`;
    group.note = `${count(group.size)}${kind}`;
  }
  return [...groups.values()].toSorted(
    (a, b) => Number(a.isLast) - Number(b.isLast) || b.size - a.size || a.title.localeCompare(b.title, "en"),
  );
}
