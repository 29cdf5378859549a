/** The lines that are compared: what each is, its numbers at the moment that is pointed at, and whether it is shown. */
import { useSyncExternalStore } from "react";
import type { HistoryMetric } from "../gql/graphql";
import { Action } from "../ui/Action";
import { Icon } from "../ui/Icon";
import table from "../ui/Table.module.css";
import { placeOf, timeWords } from "./atCursor";
import type { Cursor } from "./cursor";
import css from "./History.module.css";
import { figure, METRICS } from "./metrics";
import type { History } from "./model";
import type { Part } from "./subject";
import { toneOf } from "./tones";

interface ComparedProps {
  history: History;
  parts: readonly Part[];
  metrics: readonly HistoryMetric[];
  cursor: Cursor;
  hidden: ReadonlySet<string>;
  onToggle: (id: string) => void;
  onRemove: (id: string) => void;
}

export function Compared({ history, parts, metrics, cursor, hidden, onToggle, onRemove }: ComparedProps) {
  const time = useSyncExternalStore(cursor.changed.subscribe, () => cursor.time);
  const place = placeOf(history, time);
  return (
    <div className={table.scroll}>
      <table className={table.table} data-testid="compared">
        <caption className={css.caption}>{timeWords(history, place, time)}</caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            {metrics.map((metric) => <th key={metric} scope="col" className={table.number}>{METRICS[metric].title}<br />{METRICS[metric].unit}</th>)}
            <th scope="col"><span className="visually-hidden">Take away</span></th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part, i) => {
            const tone = toneOf(i);
            const line = history.lines.find(({ id }) => id === part.id);
            const isHidden = hidden.has(part.id);
            return (
              <tr key={part.id} {...(isHidden && { "data-off": "" })}>
                <th scope="row">
                  <button type="button" className={css.toggle} aria-pressed={!isHidden} onClick={() => onToggle(part.id)}>
                    <svg width={30} height={10} aria-hidden="true"><path d="M1 5h28" fill="none" stroke={`var(--${tone.colour})`} strokeWidth={2} strokeDasharray={tone.dash.join(" ")} /></svg>
                    <b style={{ color: `var(--${tone.colour})` }}>{tone.number}</b> {part.name}
                  </button>
                </th>
                {metrics.map((metric) => {
                  const { divisor, digits } = METRICS[metric];
                  const value = line?.values.get(metric)?.mean[place] ?? null;
                  return <td key={metric} className={table.number}>{figure(value === null ? null : value / divisor, digits)}</td>;
                })}
                <td><Action kind="icon" label={`Take ${part.name} away`} onPress={() => onRemove(part.id)}><Icon name="close" size={12} /></Action></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
