/** What is being dragged from the devices onto a pool, for the rows that it may be dropped on. */
import { useSyncExternalStore } from "react";
import type { DeviceInfo } from "../live/documents";
import { Signal } from "../live/signal";
import { plural, shortType } from "../ui/format";
import { countByType } from "./blocks";

const MEDIA_TYPE = "application/x-quartermaster-devices";

const changed = new Signal();
let dragged: readonly DeviceInfo[] = [];

export function beginDrag(transfer: DataTransfer, devices: readonly DeviceInfo[], picture: HTMLElement | null): void {
  dragged = devices;
  transfer.effectAllowed = "move";
  transfer.setData(MEDIA_TYPE, devices.map((device) => device.uuid).join(" "));
  transfer.setData("text/plain", devices.map((device) => device.uuid).join("\n"));
  if (picture !== null) {
    picture.textContent = `${plural(devices.length, "GPU")} · ${countByType(devices).map((type) => shortType(type.name)).join(", ")}`;
    transfer.setDragImage(picture, 12, 12);
  }
  changed.bump();
}

export function endDrag(): void {
  dragged = [];
  changed.bump();
}

export const isOurs = (transfer: DataTransfer): boolean => transfer.types.includes(MEDIA_TYPE);

export const droppedUuids = (transfer: DataTransfer): string[] => transfer.getData(MEDIA_TYPE).split(" ").filter(Boolean);

export function useDragged(): readonly DeviceInfo[] {
  useSyncExternalStore(changed.subscribe, changed.snapshot);
  return dragged;
}
