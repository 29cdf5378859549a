/** Devices that were picked out of a field of cells: one by one, in a run, or a node at a time. */
import { useRef, type MouseEvent, type RefObject } from "react";

export type Chosen = ReadonlySet<string>;

interface Choosing {
  onClick: (event: MouseEvent) => void;
  onExtend: (stop: HTMLElement, from: HTMLElement) => void;
}

/**
 * A cell carries the device's id as `data-cell`, and with `aria-disabled` cannot be chosen; the head of
 * a node carries the ids that it stands for as `data-block`, between blanks.
 */
export function useChoosing(field: RefObject<HTMLElement | null>, chosen: Chosen, change: (chosen: Chosen) => void): Choosing {
  const anchor = useRef<string | null>(null);
  const toggle = (ids: readonly string[]) => {
    const next = new Set(chosen);
    const isAdding = ids.some((id) => !next.has(id));
    for (const id of ids) {
      if (isAdding) next.add(id);
      else next.delete(id);
    }
    change(next);
  };
  const extend = (from: string, to: string) => {
    const cells = [...(field.current?.querySelectorAll<HTMLElement>("[data-cell]") ?? [])];
    const [a, b] = [from, to].map((id) => cells.findIndex((cell) => cell.dataset["cell"] === id)).toSorted((x, y) => x - y);
    if (a === -1) return;
    const run = cells.slice(a, b + 1).filter((cell) => cell.ariaDisabled !== "true");
    change(new Set([...chosen, ...run.map((cell) => cell.dataset["cell"] ?? "")]));
  };

  const onClick = (event: MouseEvent) => {
    const stop = (event.target as HTMLElement).closest<HTMLElement>("[data-cell], [data-block]");
    if (stop === null) return;
    const { cell, block } = stop.dataset;
    if (block !== undefined) toggle(block.split(" ").filter(Boolean));
    if (cell === undefined || stop.ariaDisabled === "true") return;
    if (event.shiftKey && anchor.current !== null) extend(anchor.current, cell);
    else toggle([cell]);
    anchor.current = cell;
  };
  const onExtend = (stop: HTMLElement, from: HTMLElement) => {
    const cell = stop.dataset["cell"];
    anchor.current ??= from.dataset["cell"] ?? cell ?? null;
    if (cell !== undefined && anchor.current !== null) extend(anchor.current, cell);
  };
  return { onClick, onExtend };
}
