/**
 * Every device of the cluster as a cell on a canvas, drawn once a tick. Moves by pointer and by the
 * arrow keys; what has the focus is said to a screen reader, and the table beside it holds all of it.
 */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useFreshness, useInventory, useLive } from "../live/Live";
import { useTheme } from "../shell/settings";
import { HeatCard, describeCell } from "./HeatCard";
import css from "./HeatMap.module.css";
import { layOut } from "./heatLayout";
import { MARGIN, paint } from "./heatPaint";
import type { HeatGroup, HeatMetric } from "./heatSearch";
import { cellAt, neighbour } from "./heatWalk";

const PADDING = 12;

export function HeatMap({ metric, by, height }: { metric: HeatMetric; by: HeatGroup; height: number }) {
  const { store } = useLive();
  const { devices, nodes, version } = useInventory();
  const isOld = useFreshness().kind === "stale";
  const theme = useTheme();
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [hovered, setHovered] = useState<number | null>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const [hasFocus, setHasFocus] = useState(false);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth - 2 * PADDING));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const layout = useMemo(
    () => (width > 0 ? layOut(devices.values(), by, width, height) : null),
    // The inventory's version stands for its content.
    // oxlint-disable-next-line react/exhaustive-deps
    [devices, version, by, width, height],
  );
  const staleNodes = useMemo(
    () => new Set([...nodes.values()].filter((node) => node.isStale).map((node) => node.id)),
    // oxlint-disable-next-line react/exhaustive-deps
    [nodes, version],
  );

  useEffect(() => {
    if (layout === null || canvas.current === null) return;
    const target = canvas.current;
    let request = 0;
    const draw = () => {
      cancelAnimationFrame(request);
      request = requestAnimationFrame(() =>
        paint(target, width + 2 * MARGIN, { layout, fleet: store.fleet, metric, staleNodes, focused: hasFocus ? focused : null, isOld }),
      );
    };
    draw();
    const stop = store.ticked.subscribe(draw);
    return () => {
      stop();
      cancelAnimationFrame(request);
    };
  }, [layout, width, store, metric, staleNodes, focused, hasFocus, isOld, theme]);

  const shown = hovered ?? (hasFocus ? focused : null);
  const cell = layout?.cells[shown ?? -1];
  const open = (index: number | null) => {
    const device = layout?.cells[index ?? -1]?.device;
    if (device) void navigate({ to: "/devices/$uuid", params: { uuid: device.uuid } });
  };
  const onPointerMove = (event: PointerEvent<HTMLCanvasElement>) => {
    const rect = event.currentTarget.getBoundingClientRect();
    setHovered(layout && cellAt(layout, event.clientX - rect.left - MARGIN, event.clientY - rect.top - MARGIN));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (layout === null) return;
    if (event.key === "Enter") open(focused);
    else if (event.key === "Escape") setHovered(null);
    else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") {
      setHovered(null);
      setFocused(neighbour(layout, focused, event.key));
    } else return;
    event.preventDefault();
  };

  return (
    <div ref={box} className={css.map} style={{ minHeight: (layout?.height ?? height) + 2 * PADDING }}>
      {layout?.sections.map((section) => (
        <div key={section.title} className={css.section} style={{ left: section.x + PADDING, top: section.y + PADDING - 3 }} aria-hidden="true">
          <b>{section.title}</b> {section.note}
        </div>
      ))}
      <div
        role="application"
        aria-roledescription="heat map"
        aria-label={`${layout?.cells.length ?? 0} devices. Arrow keys move, Enter opens the device. “As a table” shows the same as a table.`}
        aria-describedby="heat-cell"
        tabIndex={0}
        className={css.focus}
        onKeyDown={onKeyDown}
        onFocus={() => { setHasFocus(true); setFocused((old) => old ?? 0); }}
        onBlur={() => setHasFocus(false)}
      >
        <canvas
          ref={canvas}
          className={css.canvas}
          style={{ width: width + 2 * MARGIN, height: Math.ceil(layout?.height ?? 0) + 2 * MARGIN }}
          onPointerMove={onPointerMove}
          onPointerLeave={() => setHovered(null)}
          onClick={() => open(hovered)}
        />
      </div>
      <p id="heat-cell" className="visually-hidden" aria-live="polite">
        {hasFocus && cell && hovered === null ? describeCell(store.fleet, cell.device) : ""}
      </p>
      {cell && layout && <HeatCard cell={cell} size={layout.cell} padding={PADDING} mapWidth={width} />}
    </div>
  );
}
