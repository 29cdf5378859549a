/** Above a chart of one thing: what it shows and its number at the moment that is pointed at. */
import { useSyncExternalStore } from "react";
import { placeOf } from "./atCursor";
import type { ChartInfo } from "./charts";
import type { Cursor } from "./cursor";
import css from "./History.module.css";
import { figure } from "./metrics";
import type { History } from "./model";

interface CaptionProps {
  chart: ChartInfo;
  history: History;
  /** Where several things are in one chart, their numbers stand in the table beside it. */
  hasValue: boolean;
  cursor: Cursor;
}

export function Caption({ chart, history, hasValue, cursor }: CaptionProps) {
  const time = useSyncExternalStore(cursor.changed.subscribe, () => cursor.time);
  const values = hasValue ? history.lines[0]?.values.get(chart.metric) : undefined;
  const place = values === undefined ? -1 : time === null ? values.mean.length - 1 : placeOf(history, time);
  const words = (value: number | null | undefined) => figure(value == null ? null : value / chart.divisor, chart.digits);
  const [low, high] = [values?.minimum[place], values?.maximum[place]];
  return (
    <figcaption className={css.title}>
      <b>{chart.title}</b> <span>{chart.unit}</span>
      {chart.note !== undefined && <span>{chart.note}</span>}
      {values && (
        <output>
          <b>{words((chart.isTotal ? values.total : values.mean)[place])}</b>
          {chart.hasBand && !chart.isTotal && low != null && words(low) !== words(high) && <span> {words(low)} to {words(high)}</span>}
        </output>
      )}
    </figcaption>
  );
}
