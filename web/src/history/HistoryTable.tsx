/** The charts' twin: the same numbers as rows of time, the newest first. */
import table from "../ui/Table.module.css";
import { UNKNOWN } from "../ui/format";
import { spanWords } from "./atCursor";
import type { ChartInfo } from "./charts";
import css from "./History.module.css";
import { figure } from "./metrics";
import { rowsOf, summed, type History } from "./model";
import type { Stretch } from "./ranges";
import type { Part } from "./subject";

const MOST_ROWS = 60;

interface HistoryTableProps {
  history: History;
  charts: readonly ChartInfo[];
  parts: readonly Part[];
  shown: Stretch;
}

export function HistoryTable({ history, charts, parts, shown }: HistoryTableProps) {
  const rows = rowsOf(history, shown.from, shown.to, MOST_ROWS);
  const columns = charts.flatMap((chart) => history.lines.map((line, i) => ({ chart, line, name: history.lines.length > 1 ? (parts.find(({ id }) => id === line.id) ?? parts[i]).name : null })));
  return (
    <div className={css.table} tabIndex={0} role="region" aria-label="History as a table">
      <table className={table.table} data-testid="history-table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {columns.map(({ chart, line, name }) => (
              <th key={`${chart.key} ${line.id}`} scope="col" className={table.number}>{name !== null && <>{name}<br /></>}{chart.title}{chart.isTotal && ", sum"} {chart.unit}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.from}>
              <th scope="row">{spanWords(history, row.from, row.to)}</th>
              {columns.map(({ chart, line }) => {
                const values = line.values.get(chart.metric);
                const tick = values && summed(values, row.first, row.last);
                const words = (value: number) => figure(value / chart.divisor, chart.digits);
                return (
                  <td key={`${chart.key} ${line.id}`} className={table.number}>
                    {tick == null ? UNKNOWN : words(chart.isTotal ? tick.total : tick.mean)}
                    {tick != null && !chart.isTotal && tick.maximum > tick.minimum && <span className={table.muted}> ({words(tick.minimum)} to {words(tick.maximum)})</span>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
