/**
 * A field of cells is one stop for Tab. Inside it the arrow keys move by where the cells stand on the
 * screen, so that the same keys serve blocks side by side and rows below each other.
 */
import { useLayoutEffect, type FocusEvent, type KeyboardEvent, type RefObject } from "react";

/** What can be stepped on carries this attribute, and is rendered with `tabIndex={-1}`. */
const STOPS = "[data-stop]";

interface CellKeys {
  onKeyDown: (event: KeyboardEvent) => void;
  onFocus: (event: FocusEvent) => void;
}

/** `onExtend` is told of the cell that Shift with an arrow key came to. */
export function useCellKeys(field: RefObject<HTMLElement | null>, onExtend?: (stop: HTMLElement, from: HTMLElement) => void): CellKeys {
  // After every render: the stop that Tab led to may be gone.
  useLayoutEffect(() => {
    if (field.current?.querySelector(`${STOPS}[tabindex="0"]`) == null) {
      field.current?.querySelector<HTMLElement>(STOPS)?.setAttribute("tabindex", "0");
    }
  });
  const onFocus = (event: FocusEvent) => {
    const stop = (event.target as HTMLElement).closest<HTMLElement>(STOPS);
    if (stop === null) return;
    for (const old of field.current?.querySelectorAll(`${STOPS}[tabindex="0"]`) ?? []) old.setAttribute("tabindex", "-1");
    stop.setAttribute("tabindex", "0");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const from = (event.target as HTMLElement).closest<HTMLElement>(STOPS);
    if (from === null || field.current === null || event.altKey || event.metaKey) return;
    const to = next(field.current, from, event.key, event.ctrlKey);
    if (to === undefined) return;
    event.preventDefault();
    to.focus();
    to.scrollIntoView({ block: "nearest" });
    if (event.shiftKey) onExtend?.(to, from);
  };
  return { onKeyDown, onFocus };
}

function next(field: HTMLElement, from: HTMLElement, key: string, isWhole: boolean): HTMLElement | undefined {
  const stops = [...field.querySelectorAll<HTMLElement>(STOPS)];
  const at = stops.indexOf(from);
  switch (key) {
    case "ArrowRight":
      return stops[at + 1];
    case "ArrowLeft":
      return stops[at - 1];
    case "ArrowDown":
      return nearest(stops, from, 1) ?? stops[at + 1];
    case "ArrowUp":
      return nearest(stops, from, -1) ?? stops[at - 1];
    case "Home":
      return isWhole ? stops[0] : rowOf(stops, from)[0];
    case "End":
      return isWhole ? stops.at(-1) : rowOf(stops, from).at(-1);
    default:
      return undefined;
  }
}

/** The nearest stop above (-1) or below (1); sideways counts double, so that columns are kept. */
function nearest(stops: readonly HTMLElement[], from: HTMLElement, direction: 1 | -1): HTMLElement | undefined {
  const here = from.getBoundingClientRect();
  let best: HTMLElement | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const stop of stops) {
    const there = stop.getBoundingClientRect();
    const down = direction === 1 ? there.top - here.bottom : here.top - there.bottom;
    if (down < -1) continue;
    const aside = Math.abs(there.left - here.left);
    const distance = down + 2 * aside;
    if (distance < least) [best, least] = [stop, distance];
  }
  return best;
}

function rowOf(stops: readonly HTMLElement[], from: HTMLElement): HTMLElement[] {
  const { top, bottom } = from.getBoundingClientRect();
  return stops.filter((stop) => {
    const there = stop.getBoundingClientRect();
    return there.top < bottom && there.bottom > top;
  });
}
