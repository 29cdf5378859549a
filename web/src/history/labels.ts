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

const WORST_FIRST: readonly HealthLevel[] = ["CRITICAL", "WARNING", "UNKNOWN", "OK"];

/** Where words of these widths begin that belong to these places, each beside its own: null for what has no room. */
export function places(wants: readonly { at: number; width: number }[], left: number, right: number, gap: number): (number | null)[] {
  const taken: [number, number][] = [];
  return wants.map(({ at, width }) => {
    const isFree = (begin: number) => begin >= left && begin + width <= right && taken.every(([from, to]) => begin >= to + gap || begin + width <= from - gap);
    const begin = [at, at - width].find(isFree);
    if (begin === undefined) return null;
    taken.push([begin, begin + width]);
    return begin;
  });
}

/** The titles of events above the plot, as many as have room: the worst first, and the newest of them. */
export function tag(u: uPlot, events: readonly Tagged[], font: string, colourOf: (level: HealthLevel) => string): void {
  const { ctx, bbox } = u;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.font = scaledFont(font);
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  const right = bbox.left + bbox.width;
  const shown = events
    .map((event) => ({ ...event, at: u.valToPos(event.time, "x", true), width: ctx.measureText(event.title).width }))
    .filter(({ at }) => at >= bbox.left && at <= right)
    .toSorted((a, b) => WORST_FIRST.indexOf(a.level) - WORST_FIRST.indexOf(b.level) || b.time - a.time);
  places(shown, bbox.left, right, GAP * scale).forEach((begin, i) => {
    if (begin === null) return;
    ctx.fillStyle = colourOf(shown[i].level);
    ctx.fillText(shown[i].title, begin, bbox.top - 2 * scale);
  });
  ctx.restore();
}
