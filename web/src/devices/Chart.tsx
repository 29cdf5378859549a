/** One number of one device over its last hour at most: the mean of each pixel and a band from least to greatest, drawn by uPlot outside of React as it goes on. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { across, hatchGaps, upright } from "../history/paint";
import { evenStep } from "../history/ranges";
import { useLive } from "../live/Live";
import type { LiveMetric, Recording } from "../live/recording";
import { binned } from "../live/track";
import { useTheme } from "../shell/settings";
import css from "./Chart.module.css";

interface ChartProps {
  recording: Recording;
  deviceId: string;
  metric: LiveMetric;
  label: string;
  seconds: number;
  /** The top of the scale: a fixed limit of the device, never the data's. */
  max: number;
  divisor: number;
  limit: number | null;
  eventAt: number | null;
  hasAxis: boolean;
}

const PLOT_HEIGHT = 65;
const AXIS_HEIGHT = 20;
const RIGHT_AXIS = 34;
/** Half a line of the labels, which stand out over the plot at 0 and at the top. */
const LABEL = 6;

export function Chart({ recording, deviceId, metric, label, seconds, max, divisor, limit, eventAt, hasAxis }: ChartProps) {
  const { store } = useLive();
  const theme = useTheme();
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = box.current;
    const track = recording.track(deviceId, metric);
    if (element === null || track === undefined) return;
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const height = LABEL + PLOT_HEIGHT + (hasAxis ? AXIS_HEIGHT : LABEL);
    const font = `10.5px ${style.fontFamily}`;
    const endOf = () => Math.floor((store.fleet.shownTime ?? Date.now()) / 1000);
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        padding: [LABEL, 0, hasAxis ? 0 : LABEL, 0],
        cursor: { sync: { key: "device" }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
        legend: { show: false },
        scales: { x: { time: true, range: () => [endOf() - seconds, endOf()] }, y: { range: [0, max] } },
        axes: [
          {
            show: hasAxis, size: AXIS_HEIGHT, font, stroke: colour("muted"), gap: 4,
            grid: { show: false }, ticks: { show: false }, space: 70,
            values: (_, splits) => splits.map((t) => (seconds > 900 ? minute : clock).format(t * 1000)),
          },
          {
            side: 1, size: RIGHT_AXIS, font, stroke: colour("muted"), gap: 6, ticks: { show: false },
            grid: { stroke: colour("line"), width: 1 }, splits: () => [0, max / 2, max],
            values: () => ["0", "", String(Math.round(max))],
          },
        ],
        series: [
          {},
          { stroke: colour("r4"), width: 1.3, fill: `${colour("r4")}22`, spanGaps: false, points: { show: false } },
          { stroke: "transparent", width: 0, points: { show: false } },
          { stroke: "transparent", width: 0, points: { show: false } },
        ],
        bands: [{ series: [2, 3], fill: `${colour("r4")}48` }],
        hooks: {
          drawAxes: [(u) => hatchGaps(u, u.data[0], u.data[1], colour("hatch"))],
          draw: [
            (u) => {
              if (limit !== null && limit <= max) across(u, limit, colour("muted"), [2, 3]);
              if (eventAt !== null) upright(u, eventAt, colour("critical-mark"));
            },
          ],
        },
      },
      [[], [], [], []],
      element,
    );
    let drawnAt = Number.NEGATIVE_INFINITY;
    const draw = (isForced = true) => {
      const end = endOf();
      // Less than half a pixel changes nothing that can be seen.
      if (!isForced && end - drawnAt < seconds / element.clientWidth / 2) return;
      drawnAt = end;
      const bucket = evenStep(seconds / element.clientWidth);
      const { times, mean, least, greatest } = binned(track, end - seconds, end, bucket, divisor);
      plot.setData([times, mean, greatest, least]);
    };
    draw();
    const stops = [store.ticked.subscribe(() => draw(false)), recording.changed.subscribe(() => draw())];
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      stops.forEach((stop) => stop());
      plot.destroy();
    };
  }, [store, recording, deviceId, metric, seconds, max, divisor, limit, eventAt, hasAxis, theme]);

  return <div ref={box} className={css.chart} role="img" aria-label={label} />;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
