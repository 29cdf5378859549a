/** Keys that work everywhere: Ctrl K always; single letters unless switched off or while typing. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { areSingleKeysOn } from "./settings";

export const SHORTCUTS: readonly [keys: string, what: string][] = [
  ["Ctrl K", "Search nodes, devices, jobs and screens"],
  ["g then d", "Dashboard"],
  ["g then n", "Nodes"],
  ["g then v", "Devices"],
  ["g then h", "History"],
  ["g then j", "Jobs"],
  ["g then p", "Pools"],
  ["g then b", "Load balancing"],
  ["/", "Filter the list"],
  ["arrows, j k", "Move in a list or the heat map"],
  ["Enter", "Open"],
  ["c", "Create, on the screens of pools, groups and users"],
  ["e", "Edit what is chosen"],
  ["x", "Choose the row"],
  ["+ - [ ] 0", "In a history: zoom in, out, earlier, later, all of it"],
  ["Space", "Pause or go on"],
  ["Esc", "Close"],
  ["?", "These keys"],
];

const PLACES: Record<string, string> = { d: "/", n: "/nodes", v: "/devices", h: "/history", j: "/jobs", p: "/pools", b: "/balance" };
const SECOND_KEY_WITHIN_MS = 1000;

interface Handlers {
  search: () => void;
  togglePause: () => void;
  help: () => void;
}

export function useShortcuts(handlers: Handlers): void {
  const navigate = useNavigate();
  const latest = useRef(handlers);
  useEffect(() => { latest.current = handlers; });
  useEffect(() => {
    let goPressedAt = Number.NEGATIVE_INFINITY;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        latest.current.search();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (!areSingleKeysOn() || isTyping(event.target) || isInDialog(event.target)) return;
      const place = PLACES[event.key];
      if (place !== undefined && performance.now() - goPressedAt < SECOND_KEY_WITHIN_MS) {
        goPressedAt = Number.NEGATIVE_INFINITY;
        event.preventDefault();
        event.stopImmediatePropagation();
        void navigate({ to: place });
      } else if (event.key === "g") goPressedAt = performance.now();
      else if (event.key === "?") latest.current.help();
      else if (event.key === " " && !isControl(event.target)) {
        event.preventDefault();
        latest.current.togglePause();
      } else if (event.key === "/") {
        const filter = document.querySelector<HTMLInputElement>("[data-filter-input]");
        if (filter) event.preventDefault();
        filter?.focus();
      }
    };
    // Capturing: "g j" is a way to the jobs even where "j" alone moves in a list.
    document.addEventListener("keydown", onKey, true);
    return () => document.removeEventListener("keydown", onKey, true);
  }, [navigate]);
}

/** Single letters of one screen, silent while something is typed or a popup is open. */
export function useScreenKeys(keys: Record<string, () => void>): void {
  const latest = useRef(keys);
  useEffect(() => { latest.current = keys; });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !areSingleKeysOn()) return;
      if (isTyping(event.target) || isInDialog(event.target) || document.querySelector("[role=dialog], [role=alertdialog]") !== null) return;
      const act = latest.current[event.key];
      if (act === undefined) return;
      // The letter must not be typed into the field that the act gives the focus to.
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

const closest = (target: EventTarget | null, selector: string): boolean =>
  target instanceof Element && target.closest(selector) !== null;
const isTyping = (target: EventTarget | null) => closest(target, "input, textarea, select, [contenteditable]");
const isInDialog = (target: EventTarget | null) => closest(target, "[role=dialog], [role=alertdialog], [role=menu], [role=listbox]");
const isControl = (target: EventTarget | null) => closest(target, "button, a, summary, [role=option]");
