/**
 * Thousands of rows as an ARIA grid of which only those in sight are made: arrows or j k move, Enter
 * opens, x chooses. What the rows mean is their screen's.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { Action } from "./Action";
import { count, plural } from "./format";
import css from "./Grid.module.css";
import { Icon } from "./Icon";

export interface Column {
  key: string;
  head: ReactNode;
  /** A track of CSS grid: "98px", "minmax(120px, 1.4fr)". */
  width: string;
  isNumber?: boolean;
  sort?: "ascending" | "descending" | "none";
}

export interface RowState {
  isSelected?: boolean;
  /** Its data is old, or what it shows is over. */
  isOld?: boolean;
}

interface GridProps {
  label: string;
  columns: readonly Column[];
  /** The narrowest that it may be before it scrolls sideways, px. */
  minWidth: number;
  rowHeight: number;
  ids: readonly string[];
  /** The cells of a row: one `Cell` per column. */
  renderCells: (id: string) => ReactNode;
  state?: (id: string) => RowState;
  onOpen?: (id: string) => void;
  /** What is open beside the list goes with the row that one moves to. */
  isFollowing?: boolean;
  onToggle?: (id: string) => void;
  /** Other single keys on a row: "e" edits it. */
  keys?: Record<string, (id: string) => void>;
  /** The row to stand on, when it is another one than before: one that was just made. */
  activeId?: string | undefined;
  /** Tells whether the reader has left the first row, by scrolling or by keys. */
  onAway?: (isAway: boolean) => void;
  /** In the foot after the range: the order in words. */
  note?: ReactNode;
  /** How many rows another sorting would move. */
  moves?: number;
  sortAgain?: () => void;
  /** At the end of the foot. */
  aside?: ReactNode;
}

export function Grid({ label, columns, minWidth, rowHeight, ids, renderCells, state, onOpen, isFollowing, onToggle, keys, activeId, onAway, note, moves = 0, sortAgain, aside }: GridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const [stoodOn, setStoodOn] = useState<string>();
  const wanted = activeId === undefined || activeId === stoodOn ? -1 : ids.indexOf(activeId);
  if (wanted !== -1) {
    setStoodOn(activeId);
    setActive(wanted);
  }
  const virtual = useVirtualizer({ count: ids.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 6 });
  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  useEffect(() => {
    if (stoodOn !== undefined) virtual.scrollToIndex(ids.indexOf(stoodOn));
    // oxlint-disable-next-line react/exhaustive-deps
  }, [virtual, stoodOn]);
  const at = Math.min(active, ids.length - 1);
  const isAway = at > 0 || (virtual.scrollOffset ?? 0) > 0;
  useEffect(() => onAway?.(isAway), [onAway, isAway]);
  const tracks = { gridTemplateColumns: columns.map((column) => column.width).join(" "), minWidth };

  const shown = scroller.current === null ? 0 : Math.ceil(scroller.current.clientHeight / rowHeight) - 1;
  const page = Math.max(1, shown - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== scroller.current || event.ctrlKey || event.metaKey || event.altKey) return;
    const target: Record<string, number> = {
      ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1,
      PageDown: at + page, PageUp: at - page, Home: 0, End: ids.length - 1,
    };
    if (event.key in target) {
      const next = Math.max(0, Math.min(ids.length - 1, target[event.key]));
      setActive(next);
      virtual.scrollToIndex(next);
      if (isFollowing) onOpen?.(ids[next]);
    } else if (event.key === "Enter" && onOpen) onOpen(ids[at]);
    else if (event.key === "x" && onToggle) onToggle(ids[at]);
    else if (keys && event.key in keys) keys[event.key](ids[at]);
    else return;
    event.preventDefault();
  };
  const onClick = (event: MouseEvent, index: number) => {
    if (event.target instanceof Element && event.target.closest("a, button, input, label") !== null) return;
    setActive(index);
    onOpen?.(ids[index]);
  };

  const first = Math.floor((virtual.scrollOffset ?? 0) / rowHeight) + 1;
  const last = Math.min(ids.length, first + Math.max(0, shown - 1));
  const idOf = (index: number) => `${label.toLowerCase().replaceAll(" ", "-")}-row-${index}`;
  return (
    <>
      <div
        ref={scroller}
        className={css.grid}
        role="grid"
        aria-label={label}
        aria-rowcount={ids.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={idOf(at)}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div role="row" aria-rowindex={1} className={css.head} style={tracks}>
          {columns.map(({ key, head, isNumber, sort }) => (
            <div key={key} role="columnheader" className={isNumber ? css.number : ""} {...(sort !== undefined && { "aria-sort": sort })}>{head}</div>
          ))}
        </div>
        <div role="rowgroup" className={css.body} style={{ height: virtual.getTotalSize(), minWidth }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const id = ids[index];
            const { isSelected, isOld } = state?.(id) ?? {};
            return (
              // The keyboard works from the grid (aria-activedescendant).
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
              <div
                key={id}
                role="row"
                id={idOf(index)}
                aria-rowindex={index + 2}
                {...(isSelected !== undefined && { "aria-selected": isSelected })}
                className={css.row}
                {...(index === at && { "data-active": "" })}
                {...(isOld && { "data-old": "" })}
                style={{ ...tracks, transform: `translateY(${start}px)`, height: rowHeight }}
                onClick={(event) => onClick(event, index)}
              >
                {renderCells(id)}
              </div>
            );
          })}
        </div>
      </div>
      <footer className={css.foot}>
        <span>{count(Math.min(first, ids.length))}–{count(last)} of {count(ids.length)}{note !== undefined && <> · {note}</>}</span>
        {moves > 0 && sortAgain && (
          <span className={css.moves}>
            <Icon name="refresh" size={14} /> {plural(moves, "row")} would move
            <Action kind="link" onPress={sortAgain}>Sort again</Action>
          </span>
        )}
        {aside}
      </footer>
    </>
  );
}

interface CellProps {
  kind?: "number" | "name" | "muted" | "check" | undefined;
  title?: string | undefined;
  children?: ReactNode;
}

export function Cell({ kind, title, children }: CellProps) {
  return <div role="gridcell" className={kind === undefined ? "" : css[kind]} {...(title !== undefined && { title })}>{children}</div>;
}
