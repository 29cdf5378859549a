/**
 * The devices of a pool, or of all pools (POOL-8), by type and node. Free ones are chosen by pointer,
 * keyboard or a node at a time, and then moved: by the menu at the foot, or by dragging.
 */
import { useMemo, useRef, useState, type DragEvent } from "react";
import type { DeviceInfo } from "../live/documents";
import { useHasOutOfService } from "../cordon/useHasOutOfService";
import { useFleet, useInventory, useIsOperator } from "../live/Live";
import { Action } from "../ui/Action";
import { Check } from "../ui/Check";
import { count, plural } from "../ui/format";
import { OccupancyLegend } from "../ui/Occupancy";
import { Empty, Panel, Skeleton } from "../ui/Panel";
import { Segments } from "../ui/Segments";
import { givenOut, isHeld, sectionsOf, type Section } from "./blocks";
import { ChosenBar } from "./ChosenBar";
import { beginDrag, endDrag } from "./drag";
import { drawnAs, NodeBlock } from "./NodeBlock";
import css from "./PoolDevices.module.css";
import { useCellKeys } from "./useCellKeys";
import { useChoosing, type Chosen } from "./useChosen";
import type { PoolInfo } from "./usePools";

interface PoolDevicesProps {
  pool: PoolInfo;
  pools: readonly PoolInfo[];
  isAll: boolean;
  setAll: (isAll: boolean) => void;
  /** Opens the popups with devices that were chosen here, or with a type. */
  onMove: (devices: readonly DeviceInfo[], to: PoolInfo) => void;
  onCreate: (from: { devices: readonly DeviceInfo[] } | { type: string }) => void;
}

export function PoolDevices({ pool, pools, isAll, setAll, onMove, onCreate }: PoolDevicesProps) {
  const { devices, version } = useInventory();
  const isOperator = useIsOperator();
  const [chosen, setChosen] = useState<Chosen>(() => new Set());
  const [onlyFree, setOnlyFree] = useState(false);
  const [pointed, setPointed] = useState<string | null>(null);
  const field = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLDivElement>(null);
  const choosing = useChoosing(field, chosen, setChosen);
  const hasOut = useHasOutOfService();
  const keys = useCellKeys(field, choosing.onExtend);
  const shown = useMemo(
    () => (isAll ? pools : [pool]).map((one) => ({ pool: one, sections: sectionsOf(givenOut(devices.values()).filter((device) => device.pool.id === one.id)) })),
    // The inventory's version stands for its content.
    // oxlint-disable-next-line react/exhaustive-deps
    [devices, version, isAll, pool, pools],
  );
  const picked = [...chosen].map((id) => devices.get(id)).filter((device) => device !== undefined);
  const total = shown.reduce((n, { sections }) => n + sections.reduce((m, section) => m + section.devices, 0), 0);
  const free = shown.reduce((n, { sections }) => n + sections.reduce((m, section) => m + section.free, 0), 0);

  const point = (event: { target: EventTarget }) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-cell]");
    if (cell !== null) setPointed(cell.dataset["cell"] ?? null);
  };
  const onDragStart = (event: DragEvent) => {
    const id = (event.target as HTMLElement).closest<HTMLElement>("[data-cell]")?.dataset["cell"];
    const device = id === undefined ? undefined : devices.get(id);
    if (device === undefined) return;
    beginDrag(event.dataTransfer, chosen.has(device.id) ? picked.filter((one) => !isHeld(one)) : [device], picture.current);
  };

  return (
    <Panel title={isAll ? "All pools" : pool.name} isLive
      note={`${plural(total, "device")}, ${count(free)} free`}
      aside={
        <>
          <OccupancyLegend hasUnknown hasOut={hasOut} />
          <Check isSelected={onlyFree} onChange={setOnlyFree}>only nodes with free</Check>
          <Segments label="Devices of" options={[["one", "This pool"], ["all", "All pools"]]} value={isAll ? "all" : "one"} onChange={(view) => setAll(view === "all")} />
        </>
      }>
      {!devices.isLoaded ? <Skeleton rows={5} rowHeight={72} /> : total === 0 ? <NoDevices pool={pool} /> : (
        // The cells and heads inside are the controls; this only listens for all of them at once.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
        <div ref={field} className={css.field} role="group" aria-label="Devices: arrow keys move, Space chooses" data-testid="pool-devices"
          onClick={choosing.onClick} onKeyDown={keys.onKeyDown} onFocus={(event) => { keys.onFocus(event); point(event); }}
          onPointerOver={point} onDragStart={onDragStart} onDragEnd={endDrag}>
          {shown.map(({ pool: one, sections }) => (
            <div key={one.id}>
              {isAll && <h3 className={css.poolName}>{one.name} <span>{sections.length === 0 ? "no device" : null}</span></h3>}
              {sections.map((section) => (
                <TypeSection key={section.type.id} section={section} chosen={chosen} canChoose={isOperator} onlyFree={onlyFree}
                  onCreate={isOperator && one.isDefault && section.free > 0 ? () => onCreate({ type: section.type.name }) : undefined} />
              ))}
            </div>
          ))}
        </div>
      )}
      {isOperator && (
        <ChosenBar devices={picked} pointed={pointed} pools={pools} clear={() => setChosen(new Set())}
          onMove={(to) => onMove(picked, to)} onCreate={() => onCreate({ devices: picked })} />
      )}
      <div ref={picture} className={css.dragPicture} aria-hidden="true" />
    </Panel>
  );
}

function NoDevices({ pool }: { pool: PoolInfo }) {
  return pool.isDefault ? (
    <Empty title="No free device is left">Every device is in another pool. A newly found one appears here by itself.</Empty>
  ) : (
    <Empty title={`${pool.name} has no device`}>Its next devices may be of any one type. Move some here from another pool, or edit it.</Empty>
  );
}

interface TypeSectionProps {
  section: Section;
  chosen: Chosen;
  canChoose: boolean;
  onlyFree: boolean;
  onCreate: (() => void) | undefined;
}

function TypeSection({ section, chosen, canChoose, onlyFree, onCreate }: TypeSectionProps) {
  const fleet = useFleet();
  return (
    <section className={css.type} aria-label={section.type.name}>
      <header className={css.typeHead}>
        <span className={css.typeName}>{section.type.name}</span>
        <span className={css.typeNote}>{count(section.free)} free of {count(section.devices)} on {plural(section.blocks.length, "node")}</span>
        {onCreate && <Action kind="link" className={css.create} onPress={onCreate}>Create pool from {count(section.free)} free</Action>}
      </header>
      <div className={css.blocks}>
        {section.blocks.filter((block) => !onlyFree || block.free > 0).map((block) => <NodeBlock key={block.key} block={block} drawn={drawnAs(block, fleet, chosen)} canChoose={canChoose} />)}
      </div>
    </section>
  );
}
