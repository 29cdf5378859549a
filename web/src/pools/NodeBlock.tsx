/** The devices of one node as cells: what each does now, which may leave, and which are chosen. */
import { memo } from "react";
import type { DeviceInfo } from "../live/documents";
import { ALLOCATION, HEALTH, type Fleet } from "../live/fleet";
import { gpu } from "../ui/format";
import { Icon } from "../ui/Icon";
import { isFree, isHeld, type Block } from "./blocks";
import css from "./PoolDevices.module.css";
import type { Chosen } from "./useChosen";

const STATE_WORDS = { FREE: "free", IDLE: "allocated, idle", COMPUTING: "computing", UNKNOWN: "no data", OUT_OF_SERVICE: "held by no job" };

/** What the cells of a block show, in one string: while it is the same, nothing is drawn again. */
export function drawnAs(block: Block, fleet: Fleet, chosen: Chosen): string {
  const { columns } = fleet;
  return block.devices
    .map((device) => {
      const row = fleet.row(device.id);
      const state = row === undefined || columns.isStale[row] ? "UNKNOWN" : ALLOCATION[columns.allocation[row]];
      const health = row === undefined ? "UNKNOWN" : HEALTH[columns.health[row]];
      return `${state} ${health} ${isHeld(device) ? "held" : ""} ${chosen.has(device.id) ? "chosen" : ""} ${device.cordon ? "cordoned" : ""}`;
    })
    .join(",");
}

interface NodeBlockProps {
  block: Block;
  drawn: string;
  /** Nothing can be chosen by who may not move devices. */
  canChoose: boolean;
}

export const NodeBlock = memo(function NodeBlock({ block, drawn, canChoose }: NodeBlockProps) {
  const cells = drawn.split(",").map((words) => words.split(" "));
  const free = block.devices.filter(isFree);
  const chosen = cells.filter((words) => words[3] === "chosen").length;
  const isAll = chosen > 0 && chosen >= free.length;
  return (
    <div className={css.block} role="group" aria-label={`${block.hostName}, ${block.free} free`}>
      <button type="button" className={css.node} role="checkbox" data-stop="" tabIndex={-1} aria-checked={isAll ? true : chosen > 0 ? "mixed" : false}
        aria-disabled={!canChoose || free.length === 0} aria-label={`All ${block.free} free of ${block.hostName}`}
        data-block={canChoose ? free.map((device) => device.id).join(" ") : ""}>
        <span className={css.nodeName}>{block.hostName}</span> <span className={css.nodeFree}>{block.free}</span>
      </button>
      <div className={css.cells}>
        {block.devices.map((device, i) => <Cell key={device.id} device={device} words={cells[i] ?? []} canChoose={canChoose} />)}
      </div>
    </div>
  );
});

function Cell({ device, words, canChoose }: { device: DeviceInfo; words: readonly string[]; canChoose: boolean }) {
  const [state, health, held, chosen, cordoned] = words;
  const isLocked = held === "held";
  const fault = health === "CRITICAL" || health === "WARNING" ? `, ${health.toLowerCase()}` : "";
  return (
    <button type="button" className={css.cell} role="checkbox" data-stop="" data-cell={device.id} tabIndex={-1}
      aria-checked={chosen === "chosen"} aria-disabled={isLocked || !canChoose} draggable={!isLocked && canChoose}
      data-state={state} data-health={health} {...(chosen === "chosen" && { "data-chosen": "" })} {...(cordoned === "cordoned" && { "data-cordoned": "", title: `Out of service: ${device.cordon?.reason}` })}
      aria-label={`${gpu(device)}, ${STATE_WORDS[state as keyof typeof STATE_WORDS]}${fault}${cordoned === "cordoned" ? `, out of service: ${device.cordon?.reason}` : ""}${isLocked ? `, held by ${device.job?.name}` : ""}`}>
      {isLocked && <Icon name="lock" size={10} />}
    </button>
  );
}
