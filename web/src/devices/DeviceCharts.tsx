/** Four charts on one time axis, so that the line of an event crosses all of them. */
import { useState } from "react";
import type { DeviceInfo } from "../live/documents";
import type { Metric } from "../live/history";
import { useFleet } from "../live/Live";
import { count, gib } from "../ui/format";
import { Segments } from "../ui/Segments";
import { Chart } from "./Chart";
import css from "./Chart.module.css";

const SPANS = [
  ["900", "15 min"],
  ["300", "5 min"],
  ["60", "1 min"],
] as const;
const GIB = 1024 ** 3;

export function DeviceCharts({ device }: { device: DeviceInfo }) {
  const fleet = useFleet();
  const [span, setSpan] = useState<(typeof SPANS)[number][0]>("300");
  const row = fleet.row(device.id);
  if (row === undefined) return <p className={css.note}>No telemetry has come from this device yet.</p>;
  const c = fleet.columns;
  const reason = device.health.reasons.find((r) => r.since != null);
  const powerLimit = Number.isNaN(c.powerLimit[row]) ? 1000 : c.powerLimit[row];
  const memoryTotal = (device.memoryTotalBytes ?? 80 * GIB) / GIB;
  const charts: { metric: Metric; title: string; unit: string; now: string; max: number; divisor: number; limit?: number | null }[] = [
    { metric: "utilisation", title: "Used", unit: "%", now: count(c.utilisation[row]), max: 100, divisor: 1 },
    { metric: "memory", title: "Memory", unit: "GiB", now: gib(c.memory[row]), max: memoryTotal, divisor: GIB },
    { metric: "power", title: "Power", unit: "W", now: count(c.power[row]), max: powerLimit, divisor: 1 },
    { metric: "temperature", title: "Temperature", unit: "°C", now: count(c.temperature[row]), max: 100, divisor: 1, limit: device.temperatureSlowdownCelsius ?? null },
  ];
  return (
    <div data-testid="charts">
      <div className={css.head}>
        <Segments label="Time shown" options={SPANS} value={span} onChange={setSpan} />
        {reason && <span className={css.event} data-level={reason.level}>{reason.title}</span>}
      </div>
      {charts.map(({ metric, title, unit, now, max, divisor, limit }, i) => (
        <figure key={metric} className={css.figure}>
          <figcaption className={css.caption}>
            <b>{title}</b> <span>{unit}</span> <output>{now}</output>
          </figcaption>
          <Chart
            row={row}
            metric={metric}
            label={`${title} in ${unit}`}
            seconds={Number(span)}
            max={max}
            divisor={divisor}
            limit={limit ?? null}
            eventAt={reason?.since == null ? null : Date.parse(reason.since) / 1000}
            hasAxis={i === charts.length - 1}
          />
        </figure>
      ))}
      <p className={css.note}>Recorded while this page is open, at most 15 minutes.</p>
    </div>
  );
}
