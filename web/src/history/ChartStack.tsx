/** The charts one under the other on one axis; arrow keys move the moment that all of them point at. */
import { useMemo, type KeyboardEvent } from "react";
import { announce } from "../ui/announce";
import { placeOf, timeWords } from "./atCursor";
import { Caption } from "./Caption";
import { drawnOf, type ChartInfo } from "./charts";
import type { Cursor } from "./cursor";
import css from "./History.module.css";
import { figure } from "./metrics";
import { lengthIn, timesOf, type History } from "./model";
import type { Stretch } from "./ranges";
import type { Part } from "./subject";
import { TimeChart, type DrawnEvent } from "./TimeChart";

const HEIGHT = 96;
const LEAP = 10;

interface ChartStackProps {
  history: History;
  /** Counts up with what the history gains. */
  version: number;
  charts: readonly ChartInfo[];
  parts: readonly Part[];
  hidden: ReadonlySet<string>;
  events: readonly DrawnEvent[];
  shown: Stretch;
  cursor: Cursor;
  onZoom: (to: Stretch) => void;
  onReset: () => void;
}

export function ChartStack({ history, version, charts, parts, hidden, events, shown, cursor, onZoom, onReset }: ChartStackProps) {
  // The version stands for what the columns hold.
  // oxlint-disable-next-line react/exhaustive-deps
  const times = useMemo(() => timesOf(history), [history, version]);
  const drawn = useMemo(
    () => new Map(charts.map((chart) => [chart.key, drawnOf(chart, history.lines, hidden)])),
    // oxlint-disable-next-line react/exhaustive-deps
    [charts, history, version, hidden],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    const last = lengthIn(history) - 1;
    const first = Math.max(0, placeOf(history, shown.from));
    const end = Math.min(last, placeOf(history, shown.to));
    const at = cursor.time === null ? end : placeOf(history, cursor.time);
    const step = event.shiftKey ? LEAP : 1;
    const next = { ArrowLeft: at - step, ArrowRight: at + step, PageUp: at - LEAP * LEAP, PageDown: at + LEAP * LEAP, Home: first, End: end }[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    const place = Math.min(end, Math.max(first, next));
    cursor.point(history.start + place * history.bucketSeconds);
    announce(`${timeWords(history, place, cursor.time)}: ${wordsAt(history, place, charts, parts)}`);
  };
  return (
    <div className={css.stack} role="application" tabIndex={0} aria-label="Charts. Arrow keys move the moment that is read." onKeyDown={onKeyDown} data-testid="history-charts">
      {charts.map((chart, i) => (
        <figure key={chart.key} className={css.figure}>
          <Caption chart={chart} history={history} hasValue={parts.length === 1} cursor={cursor} />
          <TimeChart
            label={`${chart.title}${chart.isTotal ? ", all together" : ""} in ${chart.unit}; the same is under “As a table”`}
            times={times}
            bucketSeconds={history.bucketSeconds}
            lines={drawn.get(chart.key) ?? []}
            divisor={chart.divisor}
            top={chart.top}
            limit={chart.limit}
            shown={shown}
            events={events}
            isFirst={i === 0}
            hasAxis={i === charts.length - 1}
            height={HEIGHT}
            cursor={cursor}
            onZoom={onZoom}
            onReset={onReset}
          />
        </figure>
      ))}
    </div>
  );
}

function wordsAt(history: History, place: number, charts: readonly ChartInfo[], parts: readonly Part[]): string {
  return charts.flatMap((chart) => history.lines.map((line, i) => {
    const values = line.values.get(chart.metric);
    const value = (chart.isTotal ? values?.total : values?.mean)?.[place] ?? null;
    const name = history.lines.length > 1 ? `${(parts.find(({ id }) => id === line.id) ?? parts[i]).name} ` : "";
    return `${name}${chart.title} ${figure(value === null ? null : value / chart.divisor, chart.digits)} ${chart.unit}`;
  })).join(", ");
}
