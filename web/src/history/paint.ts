/** What is drawn over or under the lines of a chart, in the pixels of its canvas. */
import type uPlot from "uplot";
import { hatch, runs } from "../ui/hatch";

type Pen = Pick<uPlot, "ctx" | "bbox" | "valToPos">;

function stroke({ ctx }: Pen, colour: string, dash: readonly number[], draw: () => void): void {
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  draw();
  ctx.stroke();
  ctx.restore();
}

/** A line from top to bottom at a time; none outside of what is shown. */
export function upright(u: Pen, time: number, colour: string, dash: readonly number[] = []): void {
  const { ctx, bbox } = u;
  const x = Math.round(u.valToPos(time, "x", true)) + 0.5;
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  stroke(u, colour, dash, () => {
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
  });
}

/** A line from side to side at a value. */
export function across(u: Pen, value: number, colour: string, dash: readonly number[]): void {
  const { ctx, bbox } = u;
  const y = Math.round(u.valToPos(value, "y", true)) + 0.5;
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  stroke(u, colour, dash, () => {
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
  });
}

/** Hatches where nothing is known, after the first that is: what came before was not recorded. */
export function hatchGaps(u: Pen, times: ArrayLike<number>, values: ArrayLike<number | null | undefined>, colour: string, bucketSeconds = 1): void {
  const { ctx, bbox } = u;
  const known = runs(values);
  known.forEach(([from, to, isKnown], i) => {
    if (isKnown || i === 0) return;
    const x = (time: number) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, u.valToPos(time, "x", true)));
    const left = x(times[from - 1]);
    const right = x(i === known.length - 1 ? times[to] + bucketSeconds : times[to + 1]);
    hatch(ctx, left, bbox.top, right - left, bbox.height, colour, devicePixelRatio);
  });
}
