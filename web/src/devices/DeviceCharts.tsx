/** Four charts on one time axis, so that the line of an event crosses all of them. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { figure, METRICS, topOf } from "../history/metrics";
import { NotRead } from "../history/NotRead";
import { useRecording } from "../history/useRecording";
import type { DeviceInfo } from "../live/documents";
import { useFleet } from "../live/Live";
import type { LiveMetric } from "../live/recording";
import { Segments } from "../ui/Segments";
import { Chart } from "./Chart";
import css from "./Chart.module.css";

const SPANS = [
  ["3600", "1 h"],
  ["900", "15 min"],
  ["300", "5 min"],
] as const;
const CHARTS: readonly LiveMetric[] = ["UTILISATION_PERCENT", "MEMORY_USED_BYTES", "POWER_WATTS", "TEMPERATURE_CELSIUS"];
/** Of a device that does not say what it may take or has. */
const SOME_WATTS = 1000;
const SOME_BYTES = 80 * 1024 ** 3;

export function DeviceCharts({ device }: { device: DeviceInfo }) {
  const fleet = useFleet();
  const [span, setSpan] = useState<(typeof SPANS)[number][0]>("3600");
  const recording = useRecording([device.id], CHARTS, 1);
  const row = fleet.row(device.id);
  if (row === undefined) return <p className={css.note}>No telemetry has come from this device yet.</p>;
  const c = fleet.columns;
  const reason = device.health.reasons.find((r) => r.since != null);
  const now = { UTILISATION_PERCENT: c.utilisation[row], MEMORY_USED_BYTES: c.memory[row], POWER_WATTS: c.power[row], TEMPERATURE_CELSIUS: c.temperature[row] };
  const limits = {
    memoryBytes: device.memoryTotalBytes ?? SOME_BYTES,
    powerWatts: Number.isNaN(c.powerLimit[row]) ? SOME_WATTS : c.powerLimit[row],
    hostMemoryBytes: null,
    slowdownCelsius: device.temperatureSlowdownCelsius ?? null,
  };
  return (
    <div data-testid="charts" data-filled={recording.isFilled}>
      <div className={css.head}>
        <Segments label="Time shown" options={SPANS} value={span} onChange={setSpan} />
        {reason && <span className={css.event} data-level={reason.level}>{reason.title}</span>}
        <Link to="/history" search={{ device: [device.uuid] }}>History</Link>
      </div>
      {CHARTS.map((metric, i) => {
        const { title, unit, divisor, digits } = METRICS[metric];
        return (
          <figure key={metric} className={css.figure}>
            <figcaption className={css.caption}>
              <b>{title}</b> <span>{unit}</span> <output>{figure(now[metric] / divisor, digits)}</output>
            </figcaption>
            <Chart
              recording={recording}
              deviceId={device.id}
              metric={metric}
              label={`${title} in ${unit}`}
              seconds={Number(span)}
              max={topOf(metric, limits) ?? 1}
              divisor={divisor}
              limit={metric === "TEMPERATURE_CELSIUS" ? limits.slowdownCelsius : null}
              eventAt={reason?.since == null ? null : Date.parse(reason.since) / 1000}
              hasAxis={i === CHARTS.length - 1}
            />
          </figure>
        );
      })}
      <NotRead recording={recording} />
    </div>
  );
}
