/** Words and single points on a chart, where lines alone would not show them. */
import type uPlot from "uplot";
import type { HealthLevel } from "../gql/graphql";

/** Places of values with a gap on both sides: no line goes through them. */
export function isolated(values: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  }
  return found;
}

interface Tagged {
  time: number;
  level: HealthLevel;
  title: string;
}

const GAP = 8;

/** In the pixels of a canvas. */
export const scaledFont = (font: string): string => font.replace(/([\d.]+)px/, (_, size: string) => `${Number(size) * devicePixelRatio}px`);

/** The titles of events above the plot, as many as have room: the newest first, for it is what one looks for. */
export function tag(u: uPlot, events: readonly Tagged[], font: string, colourOf: (level: HealthLevel) => string): void {
  const { ctx, bbox } = u;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.font = scaledFont(font);
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  const right = bbox.left + bbox.width;
  const taken: [number, number][] = [];
  for (const { time, level, title } of events.toSorted((a, b) => b.time - a.time)) {
    const at = u.valToPos(time, "x", true);
    if (at < bbox.left || at > right) continue;
    const width = ctx.measureText(title).width;
    // To the left of its line where it would not fit on the right.
    const begin = at + width > right ? Math.max(bbox.left, at - width) : at;
    if (taken.some(([from, to]) => begin < to + GAP * scale && begin + width > from - GAP * scale)) continue;
    taken.push([begin, begin + width]);
    ctx.fillStyle = colourOf(level);
    ctx.fillText(title, begin, bbox.top - 2 * scale);
  }
  ctx.restore();
}
