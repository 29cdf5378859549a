/** The devices as a grid: sorted by its heads, and what is open beside it goes along. */
import { memo } from "react";
import type { DeviceInfo } from "../live/documents";
import { useFleet, useInventory } from "../live/Live";
import type { FrozenOrder } from "../live/useFrozenOrder";
import { Check } from "../ui/Check";
import { gpu } from "../ui/format";
import { Cell, Grid, type Column } from "../ui/Grid";
import { RowCheck } from "../ui/RowCheck";
import { DeviceCells } from "./DeviceCells";
import css from "./DeviceGrid.module.css";
import { pressed, splitKey, type SortField, type SortKey } from "./sorting";

const COLUMNS: readonly { field: SortField; head: string; width: string; isNumber?: boolean }[] = [
  { field: "node", head: "Node · GPU", width: "minmax(122px, 1.3fr)" },
  { field: "health", head: "Health", width: "minmax(104px, 1fr)" },
  { field: "used", head: "Used %", width: "98px", isNumber: true },
  { field: "memory", head: "Mem GiB", width: "76px", isNumber: true },
  { field: "power", head: "Power W", width: "76px", isNumber: true },
  { field: "temperature", head: "Temp °C", width: "72px", isNumber: true },
  { field: "pool", head: "Pool", width: "minmax(78px, 0.8fr)" },
  { field: "job", head: "Job", width: "minmax(120px, 1.4fr)" },
];

const SORT_WORDS: Record<SortField, [ascending: string, descending: string]> = {
  node: ["by node", "by node, last first"],
  health: ["healthiest first", "worst health first"],
  used: ["least used first", "most used first"],
  memory: ["least memory first", "most memory first"],
  power: ["least power first", "most power first"],
  temperature: ["coolest first", "hottest first"],
  pool: ["by pool", "by pool, last first"],
  type: ["by type", "by type, last first"],
  group: ["by group", "by group, last first"],
  job: ["by job", "by job, last first"],
};

const wordsOf = (sort: readonly SortKey[]) =>
  sort.map(splitKey).map(([field, isDescending]) => SORT_WORDS[field][isDescending ? 1 : 0]).join(", then ");

interface DeviceGridProps {
  order: FrozenOrder;
  sort: readonly SortKey[];
  rowHeight: number;
  /** UUID of the one that is open. */
  selected: string | undefined;
  ticked: ReadonlySet<string>;
  /** The same functions at every call. */
  onToggle: (id: string) => void;
  onToggleAll: () => void;
  onSort: (sort: SortKey[]) => void;
  onOpen: (uuid: string) => void;
}

export function DeviceGrid({ order, sort, rowHeight, selected, ticked, onToggle, onToggleAll, onSort, onOpen }: DeviceGridProps) {
  const fleet = useFleet();
  const { devices } = useInventory();
  const isOld = (device: DeviceInfo | undefined): boolean => {
    const row = device && fleet.row(device.id);
    return row === undefined || fleet.columns.isStale[row] === 1;
  };
  const columns = COLUMNS.map(({ field, head, ...rest }): Column => {
    const key = sort.findIndex((k) => splitKey(k)[0] === field);
    const isDescending = key !== -1 && splitKey(sort[key])[1];
    return {
      ...rest,
      key: field,
      sort: key !== 0 ? "none" : isDescending ? "descending" : "ascending",
      head: (
        <button type="button" className={css.sort} {...(key !== -1 && { "data-on": "" })} onClick={() => onSort(pressed(sort, field))}>
          {head}
          {key !== -1 && <span aria-hidden="true"> {key + 1}{isDescending ? "↓" : "↑"}</span>}
        </button>
      ),
    };
  });
  return (
    <Grid
      label="Devices"
      columns={[{ key: "check", width: "36px", head: <AllCheck isSelected={ticked.size > 0} isIndeterminate={ticked.size > 0 && ticked.size < order.ids.length} onToggle={onToggleAll} /> }, ...columns]}
      minWidth={796}
      rowHeight={rowHeight}
      ids={order.ids}
      state={(id) => ({ isSelected: selected !== undefined && devices.get(id)?.uuid === selected, isOld: isOld(devices.get(id)) })}
      onOpen={(id) => {
        const device = devices.get(id);
        if (device) onOpen(device.uuid);
      }}
      onToggle={onToggle}
      isFollowing={selected !== undefined}
      note={wordsOf(sort)}
      moves={order.moves}
      sortAgain={order.sortAgain}
      renderCells={(id) => {
        const device = devices.get(id);
        return device ? (
          <>
            <Cell kind="check"><RowCheck id={id} label={`Choose ${device.node.hostName} ${gpu(device)}`} isSelected={ticked.has(id)} onToggle={onToggle} /></Cell>
            <DeviceCells device={device} />
          </>
        ) : <Cell kind="muted">No longer in the cluster</Cell>;
      }}
    />
  );
}

const AllCheck = memo(function AllCheck({ isSelected, isIndeterminate, onToggle }: { isSelected: boolean; isIndeterminate: boolean; onToggle: () => void }) {
  return <Check label="All devices" isSelected={isSelected} isIndeterminate={isIndeterminate} onChange={onToggle} />;
});
