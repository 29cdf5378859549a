/** What a person set on this browser: theme and single-key shortcuts. Kept only here. */
import { useSyncExternalStore } from "react";
import { Signal } from "../live/signal";

export type Theme = "light" | "dark";

const changed = new Signal();

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  changed.bump();
}

export function setTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  write("theme", theme);
}

export function useTheme(): Theme {
  return useSyncExternalStore(changed.subscribe, () =>
    document.documentElement.dataset["theme"] === "dark" ? "dark" : "light",
  );
}

let hasKeys = read("single-key-shortcuts") !== "off";

export function setSingleKeys(isOn: boolean): void {
  hasKeys = isOn;
  write("single-key-shortcuts", isOn ? "on" : "off");
}

export function useSingleKeys(): boolean {
  return useSyncExternalStore(changed.subscribe, () => hasKeys);
}

export const areSingleKeysOn = (): boolean => hasKeys;
