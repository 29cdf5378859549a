/** The rows that are visible, as an ARIA grid over thousands: arrows or j k move, Enter opens. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useInventory } from "../live/Live";
import { Action } from "../ui/Action";
import { count, plural } from "../ui/format";
import { Icon } from "../ui/Icon";
import css from "./DeviceGrid.module.css";
import { COLUMNS, DeviceRow } from "./DeviceRow";
import { pressed, splitKey, type SortField, type SortKey } from "./sorting";
import type { FrozenOrder } from "../live/useFrozenOrder";

interface DeviceGridProps {
  order: FrozenOrder;
  sort: readonly SortKey[];
  rowHeight: number;
  selected: string | undefined;
  onSort: (sort: SortKey[]) => void;
  onOpen: (uuid: string) => void;
}

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

export function DeviceGrid({ order, sort, rowHeight, selected, onSort, onOpen }: DeviceGridProps) {
  const { devices } = useInventory();
  const { ids, moves, sortAgain } = order;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
  });
  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  const at = Math.min(active, ids.length - 1);

  const move = (to: number) => {
    const next = Math.max(0, Math.min(ids.length - 1, to));
    setActive(next);
    virtual.scrollToIndex(next);
    const device = devices.get(ids[next]);
    if (selected !== undefined && device) onOpen(device.uuid);
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target: Record<string, number> = {
      ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1,
      PageDown: at + page, PageUp: at - page, Home: 0, End: ids.length - 1,
    };
    if (event.key in target) move(target[event.key]);
    else if (event.key === "Enter") {
      const device = devices.get(ids[at]);
      if (device) onOpen(device.uuid);
    } else return;
    event.preventDefault();
  };

  const rows = virtual.getVirtualItems();
  const shown = scroller.current === null ? 0 : Math.ceil(scroller.current.clientHeight / rowHeight) - 1;
  const first = Math.floor((virtual.scrollOffset ?? 0) / rowHeight) + 1;
  return (
    <>
      <div
        ref={scroller}
        className={css.grid}
        role="grid"
        aria-label="Devices"
        aria-rowcount={ids.length + 1}
        aria-colcount={COLUMNS.length}
        aria-activedescendant={`device-row-${at}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        data-testid="device-grid"
      >
        <div role="row" aria-rowindex={1} className={css.head}>
          {COLUMNS.map(({ field, head, isNumber }) => {
            const key = sort.findIndex((k) => splitKey(k)[0] === field);
            const isDescending = key !== -1 && splitKey(sort[key])[1];
            return (
              <div
                key={field}
                role="columnheader"
                className={isNumber ? css.number : ""}
                aria-sort={key !== 0 ? "none" : isDescending ? "descending" : "ascending"}
              >
                <button type="button" className={css.sort} {...(key !== -1 && { "data-on": "" })} onClick={() => onSort(pressed(sort, field))}>
                  {head}
                  {key !== -1 && <span aria-hidden="true"> {key + 1}{isDescending ? "↓" : "↑"}</span>}
                </button>
              </div>
            );
          })}
        </div>
        <div role="rowgroup" className={css.body} style={{ height: virtual.getTotalSize() }}>
          {rows.map(({ index, start }) => {
            const device = devices.get(ids[index]);
            return (
              <DeviceRow
                key={ids[index]}
                device={device}
                index={index}
                top={start}
                height={rowHeight}
                isActive={index === at}
                isSelected={device !== undefined && device.uuid === selected}
                onOpen={() => {
                  setActive(index);
                  if (device) onOpen(device.uuid);
                }}
              />
            );
          })}
        </div>
      </div>
      <footer className={css.foot}>
        <span>
          {count(Math.min(first, ids.length))}–{count(Math.min(ids.length, first + Math.max(0, shown - 1)))} of {count(ids.length)} · {wordsOf(sort)}
        </span>
        {moves > 0 && (
          <span className={css.moves}>
            <Icon name="refresh" size={14} /> {plural(moves, "row")} would move
            <Action kind="link" onPress={sortAgain}>Sort again</Action>
          </span>
        )}
      </footer>
    </>
  );
}
