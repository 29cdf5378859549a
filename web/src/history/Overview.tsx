/** The whole range in small, with the part that the charts show: drag over it to zoom, drag the part or its edges to move. */
import { useEffect, useRef, type KeyboardEvent, type PointerEvent } from "react";
import { useTheme } from "../shell/settings";
import { fullMoment } from "../ui/format";
import { hatch, runs } from "../ui/hatch";
import css from "./History.module.css";
import type { Column } from "./model";
import { lengthOf, within, type Stretch } from "./ranges";

const HEIGHT = 40;

interface OverviewProps {
  label: string;
  times: readonly number[];
  values: Column;
  bucketSeconds: number;
  top: number;
  whole: Stretch;
  shown: Stretch;
  onZoom: (to: Stretch) => void;
}

type Drag = { kind: "new"; from: number } | { kind: "move"; grip: number; shown: Stretch } | { kind: "from" | "to"; shown: Stretch };

export function Overview({ label, times, values, bucketSeconds, top, whole, shown, onZoom }: OverviewProps) {
  const theme = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const strip = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag>(null);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const draw = () => paint(element, times, values, bucketSeconds, top, whole);
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    return () => observer.disconnect();
  }, [times, values, bucketSeconds, top, whole, theme]);

  const percent = (time: number) => `${Math.min(100, Math.max(0, (100 * (time - whole.from)) / lengthOf(whole)))}%`;
  const timeAt = (event: PointerEvent): number => {
    const { left, width } = strip.current!.getBoundingClientRect();
    return whole.from + ((event.clientX - left) / width) * lengthOf(whole);
  };
  const begin = (event: PointerEvent, kind: Drag["kind"]) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    strip.current?.setPointerCapture(event.pointerId);
    const time = timeAt(event);
    drag.current = kind === "new" ? { kind, from: time } : kind === "move" ? { kind, grip: time, shown } : { kind, shown };
  };
  const move = (event: PointerEvent) => {
    const held = drag.current;
    if (held === null) return;
    const time = timeAt(event);
    if (held.kind === "new") onZoom(within({ from: Math.min(held.from, time), to: Math.max(held.from, time) }, whole));
    else if (held.kind === "move") onZoom(within({ from: held.shown.from + time - held.grip, to: held.shown.to + time - held.grip }, whole));
    else if (held.kind === "from") onZoom(within({ from: Math.min(time, held.shown.to), to: held.shown.to }, whole));
    else onZoom(within({ from: held.shown.from, to: Math.max(time, held.shown.from) }, whole));
  };
  const keys = (edge: "from" | "to") => (event: KeyboardEvent) => {
    const step = lengthOf(whole) / (event.shiftKey ? 10 : 100);
    const by = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, Home: whole.from - shown[edge], End: whole.to - shown[edge] }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = { ...shown, [edge]: shown[edge] + by };
    if (next.from < next.to) onZoom(within(next, whole));
  };
  const handle = (edge: "from" | "to", name: string) => (
    <div
      role="slider"
      tabIndex={0}
      className={css.handle}
      style={{ left: percent(shown[edge]) }}
      aria-label={name}
      aria-valuemin={whole.from}
      aria-valuemax={whole.to}
      aria-valuenow={Math.round(shown[edge])}
      aria-valuetext={fullMoment(shown[edge] * 1000)}
      onKeyDown={keys(edge)}
      onPointerDown={(event) => begin(event, edge)}
    />
  );
  return (
    <div className={css.overview} role="group" aria-label="Where in the whole range" data-testid="overview">
      <div
        ref={strip}
        className={css.strip}
        onPointerDown={(event) => begin(event, "new")}
        onPointerMove={move}
        onPointerUp={() => { drag.current = null; }}
        onPointerCancel={() => { drag.current = null; }}
      >
        <canvas ref={canvas} role="img" aria-label={label} />
        <i className={css.out} style={{ left: 0, width: percent(shown.from) }} />
        <i className={css.out} style={{ left: percent(shown.to), right: 0 }} />
        <i className={css.window} style={{ left: percent(shown.from), width: `calc(${percent(shown.to)} - ${percent(shown.from)})` }} onPointerDown={(event) => begin(event, shown.from > whole.from || shown.to < whole.to ? "move" : "new")} />
        {handle("from", "Shown from")}
        {handle("to", "Shown to")}
      </div>
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, times: readonly number[], values: Column, bucketSeconds: number, top: number, whole: Stretch): void {
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  const scale = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  canvas.width = width * scale;
  canvas.height = HEIGHT * scale;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  pen.scale(scale, scale);
  const x = (time: number) => ((time - whole.from) / lengthOf(whole)) * width;
  const y = (value: number) => HEIGHT - 1 - (Math.min(value, top) / top) * (HEIGHT - 4);
  runs(values).forEach(([from, to, isKnown], i) => {
    const [left, right] = [x(times[from]), x(times[to] + bucketSeconds)];
    if (!isKnown) {
      if (i > 0) hatch(pen, left, 0, right - left, HEIGHT, colour("hatch"));
      return;
    }
    const path = new Path2D();
    for (let k = from; k <= to; k++) path.lineTo(x(times[k] + bucketSeconds / 2), y(values[k]!));
    if (from === to) path.lineTo(right, y(values[from]!));
    pen.strokeStyle = colour("r4");
    pen.lineWidth = 1.2;
    pen.stroke(path);
    path.lineTo(right, HEIGHT);
    path.lineTo(left, HEIGHT);
    pen.globalAlpha = 0.13;
    pen.fillStyle = colour("r4");
    pen.fill(path);
    pen.globalAlpha = 1;
  });
}

