/** A small line of one device's use, hatched where no data came. Drawn on a canvas, once a tick. */
import { useEffect, useRef } from "react";
import { useLive } from "../live/Live";
import { useTheme } from "../shell/settings";
import css from "./NodePage.module.css";

const WIDTH = 178;
const HEIGHT = 26;
const SECONDS = 300;

export function Sparkline({ row }: { row: number | undefined }) {
  const { store } = useLive();
  const theme = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    if (element === null || row === undefined) return;
    const scale = window.devicePixelRatio || 1;
    element.width = WIDTH * scale;
    element.height = HEIGHT * scale;
    const draw = () => paintLine(element, scale, store.fleet.history.series(row, "utilisation", SECONDS));
    draw();
    return store.ticked.subscribe(draw);
  }, [store, row, theme]);
  return <canvas ref={canvas} className={css.spark} role="img" aria-label="Used, last five minutes" />;
}

function paintLine(canvas: HTMLCanvasElement, scale: number, { times, values }: { times: number[]; values: (number | null)[] }): void {
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  const style = getComputedStyle(canvas);
  const line = style.getPropertyValue("--r4").trim();
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, WIDTH, HEIGHT);
  pen.strokeStyle = style.getPropertyValue("--line").trim();
  pen.lineWidth = 1;
  pen.strokeRect(0.5, 0.5, WIDTH - 1, HEIGHT - 1);
  const end = times.at(-1) ?? 0;
  const x = (time: number) => WIDTH - 1 - ((end - time) / SECONDS) * (WIDTH - 2);
  const y = (value: number) => HEIGHT - 2 - (value / 100) * (HEIGHT - 5);
  runs(values).forEach(([from, to, isKnown]) => {
    if (!isKnown) {
      hatch(pen, x(times[from]), x(times[Math.min(to + 1, times.length - 1)]), style.getPropertyValue("--hatch").trim());
      return;
    }
    const path = new Path2D();
    for (let i = from; i <= to; i++) path.lineTo(x(times[i]), y(values[i] as number));
    pen.strokeStyle = line;
    pen.lineWidth = 1.2;
    pen.stroke(path);
    path.lineTo(x(times[to]), HEIGHT - 1);
    path.lineTo(x(times[from]), HEIGHT - 1);
    pen.globalAlpha = 0.13;
    pen.fillStyle = line;
    pen.fill(path);
    pen.globalAlpha = 1;
  });
}

/** Stretches of known and unknown values: [first, last, known]. */
function runs(values: readonly (number | null)[]): [number, number, boolean][] {
  const found: [number, number, boolean][] = [];
  values.forEach((value, i) => {
    const last = found.at(-1);
    if (last && last[2] === (value !== null)) last[1] = i;
    else found.push([i, i, value !== null]);
  });
  return found;
}

function hatch(pen: CanvasRenderingContext2D, left: number, right: number, colour: string): void {
  pen.save();
  pen.beginPath();
  pen.rect(left, 1, Math.max(1, right - left), HEIGHT - 2);
  pen.clip();
  pen.strokeStyle = colour;
  pen.beginPath();
  for (let x = left - HEIGHT; x < right; x += 4) {
    pen.moveTo(x, HEIGHT);
    pen.lineTo(x + HEIGHT, 0);
  }
  pen.stroke();
  pen.restore();
}
