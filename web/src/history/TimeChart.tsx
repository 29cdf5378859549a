/** One number over time, one line for each thing: its mean, and a band from least to greatest where buckets hold several values. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { HealthLevel } from "../gql/graphql";
import { useTheme } from "../shell/settings";
import { count } from "../ui/format";
import type { Cursor } from "./cursor";
import css from "./History.module.css";
import { isolated, scaledFont, tag } from "./labels";
import type { Column } from "./model";
import { across, hatchGaps, upright } from "./paint";
import type { Stretch } from "./ranges";
import type { Tone } from "./tones";

export interface DrawnLine {
  tone: Tone;
  mean: Column;
  /** Null: the mean alone. */
  band: { minimum: Column; maximum: Column } | null;
  isHidden: boolean;
}

export interface DrawnEvent {
  time: number;
  level: HealthLevel;
  title: string;
}

interface TimeChartProps {
  label: string;
  times: readonly number[];
  bucketSeconds: number;
  lines: readonly DrawnLine[];
  /** In the shown unit. */
  divisor: number;
  top: number;
  limit: number | null;
  shown: Stretch;
  events: readonly DrawnEvent[];
  /** The first of all: it has the titles of the events. */
  isFirst: boolean;
  /** The last: it has the axis. */
  hasAxis: boolean;
  height: number;
  cursor: Cursor;
  onZoom: (to: Stretch) => void;
  onReset: () => void;
}

const AXIS_HEIGHT = 22;
const LEFT_AXIS = 44;
const RIGHT = 12;
/** For the numbers at the ends of lines. */
const RIGHT_NUMBERS = 22;
const LABEL = 6;
const TITLES = 18;
const COLOUR_OF_LEVEL: Record<HealthLevel, string> = { OK: "control", UNKNOWN: "control", WARNING: "warning-mark", CRITICAL: "critical-mark" };

export function TimeChart(props: TimeChartProps) {
  const { label, times, bucketSeconds, lines, top, hasAxis, isFirst, height, shown, events, limit, divisor } = props;
  const theme = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const latest = useRef(props);
  useEffect(() => { latest.current = props; });
  const hasNumbers = lines.length > 1;
  const looks = lines.map(({ tone, band }) => `${tone.number}${band === null ? "" : "b"}`).join(" ");

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const font = `10.5px ${style.fontFamily}`;
    const { lines: drawn } = latest.current;
    const paintOf = ({ tone }: DrawnLine) => colour(hasNumbers ? tone.colour : "r4");
    const full = height + (isFirst ? TITLES : LABEL) + (hasAxis ? AXIS_HEIGHT : LABEL);
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: full,
        padding: [isFirst ? TITLES : LABEL, hasNumbers ? RIGHT_NUMBERS : RIGHT, hasAxis ? 0 : LABEL, 0],
        legend: { show: false },
        cursor: {
          sync: { key: "history", setSeries: false },
          y: false,
          points: { size: 6 },
          drag: { x: true, y: false, setScale: false, dist: 5 },
          bind: { dblclick: () => () => { latest.current.onReset(); return null; } },
        },
        scales: {
          x: { time: true, range: () => [latest.current.shown.from, latest.current.shown.to] },
          y: { range: () => [0, latest.current.top] },
        },
        axes: [
          { show: hasAxis, size: AXIS_HEIGHT, font, stroke: colour("muted"), gap: 5, space: 90, grid: { stroke: colour("line"), width: 1 }, ticks: { show: false },
            values: (u, splits) => splits.map((time) => axisTime(time, u.scales["x"].max! - u.scales["x"].min!)) },
          { side: 3, size: LEFT_AXIS, font, stroke: colour("muted"), gap: 6, ticks: { show: false }, grid: { stroke: colour("line"), width: 1 },
            splits: () => [0, latest.current.top / 2, latest.current.top],
            values: (_, splits) => splits.map((value) => axisValue(value)) },
        ],
        series: [
          {},
          ...drawn.flatMap((line): uPlot.Series[] => {
            const edge: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false } };
            const mean: uPlot.Series = {
              stroke: paintOf(line), width: hasNumbers ? 1.5 : 1.3, dash: line.tone.dash, spanGaps: false,
              points: { show: true, size: 3, fill: paintOf(line), width: 0, filter: (u, i) => isolated(u.data[i]) },
              ...(!hasNumbers && line.band === null && { fill: `${colour("r4")}22` }),
            };
            return line.band === null ? [mean] : [edge, edge, mean];
          }),
        ],
        bands: bandsOf(drawn, (line) => `${paintOf(line)}${hasNumbers ? "1c" : "38"}`),
        hooks: {
          drawAxes: [(u) => {
            const { times: at, lines: now, bucketSeconds: length } = latest.current;
            hatchGaps(u, at, at.map((_, i) => now.find(({ mean, isHidden }) => !isHidden && mean[i] != null)?.mean[i] ?? null), colour("hatch"), length);
          }],
          draw: [(u) => {
            const { limit: most, top: greatest, events: come, lines: now } = latest.current;
            if (most !== null && most <= greatest) across(u, most, colour("muted"), [2, 3]);
            for (const { time, level } of come) upright(u, time, colour(COLOUR_OF_LEVEL[level]), level === "CRITICAL" || level === "WARNING" ? [] : [3, 3]);
            if (isFirst) tag(u, come, font, (level) => colour(level === "CRITICAL" ? "critical" : level === "WARNING" ? "warning" : "muted"));
            if (hasNumbers) numberEnds(u, now, latest.current.divisor, font, colour);
          }],
          setCursor: [(u) => {
            const { idx } = u.cursor;
            latest.current.cursor.point(idx == null || (u.cursor.left ?? -1) < 0 ? null : (u.data[0][idx] ?? null));
          }],
          setSelect: [(u) => {
            if (u.select.width === 0) return;
            const [from, to] = [u.select.left, u.select.left + u.select.width].map((x) => u.posToVal(x, "x"));
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            latest.current.onZoom({ from, to });
          }],
        },
      },
      [[], ...drawn.flatMap(({ band }) => (band === null ? [[]] : [[], [], []]))],
      element,
    );
    chart.current = plot;
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: full }));
    observer.observe(element);
    // Moved by keys, in a chart or elsewhere.
    const stop = latest.current.cursor.changed.subscribe(() => {
      const { time } = latest.current.cursor;
      if (time === null || plot.cursor.idx != null && plot.data[0][plot.cursor.idx] === time) return;
      plot.setCursor({ left: plot.valToPos(time, "x"), top: 0 }, false);
    });
    return () => {
      stop();
      observer.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [looks, hasNumbers, hasAxis, isFirst, height, theme]);

  useEffect(() => {
    const plot = chart.current;
    if (plot === null) return;
    const scaled = (column: Column) => Array.from({ length: times.length }, (_, i) => { const value = column[i] ?? null; return value === null ? null : value / divisor; });
    let series = 1;
    for (const { band, isHidden } of lines) {
      for (let i = 0; i < (band === null ? 1 : 3); i++, series++) {
        if (plot.series[series].show === isHidden) plot.setSeries(series, { show: !isHidden }, false);
      }
    }
    plot.setData([times as number[], ...lines.flatMap(({ mean, band }) => [...(band === null ? [] : [band.maximum, band.minimum]), mean].map(scaled))]);
  }, [times, bucketSeconds, lines, divisor, top, limit, shown, events, looks, hasNumbers, hasAxis, isFirst, height, theme]);

  return <div ref={box} className={css.chart} role="img" aria-label={label} />;
}

function bandsOf(lines: readonly DrawnLine[], fillOf: (line: DrawnLine) => string): uPlot.Band[] {
  const bands: uPlot.Band[] = [];
  let series = 1;
  for (const line of lines) {
    if (line.band !== null) bands.push({ series: [series, series + 1], fill: fillOf(line) });
    series += line.band === null ? 1 : 3;
  }
  return bands;
}

/** The number of each line at its end, moved apart where several end together. */
function numberEnds(u: uPlot, lines: readonly DrawnLine[], divisor: number, font: string, colour: (name: string) => string): void {
  const { ctx, bbox } = u;
  const last = u.valToIdx(u.scales["x"].max ?? 0);
  const ends = lines.filter((line) => !line.isHidden).flatMap(({ tone, mean }) => {
    for (let i = last; i >= Math.max(0, last - 8); i--) {
      const value = mean[i] ?? null;
      if (value !== null) return [{ tone, y: u.valToPos(value / divisor, "y", true) }];
    }
    return [];
  }).toSorted((a, b) => a.y - b.y);
  const apart = 11 * devicePixelRatio;
  ends.forEach((end, i) => { if (i > 0) end.y = Math.max(end.y, ends[i - 1].y + apart); });
  let floor = bbox.top + bbox.height;
  for (const end of ends.toReversed()) {
    end.y = Math.min(end.y, floor);
    floor = end.y - apart;
  }
  ctx.save();
  ctx.font = scaledFont(`600 ${font}`);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const { tone, y } of ends) {
    ctx.fillStyle = colour(tone.colour);
    ctx.fillText(String(tone.number), bbox.left + bbox.width + 6 * devicePixelRatio, y);
  }
  ctx.restore();
}

const seconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

const axisTime = (time: number, length: number): string => (length < 1200 ? seconds : length <= 86_400 ? minutes : days).format(time * 1000);
const axisValue = (value: number): string => (value >= 10_000 ? `${Math.round(value / 1000)}k` : value >= 100 ? count(value) : String(Math.round(value * 10) / 10));
