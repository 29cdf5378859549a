/** One metric of one device over time, drawn by uPlot once a tick outside of React. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Metric } from "../live/history";
import { useLive } from "../live/Live";
import { useTheme } from "../shell/settings";
import css from "./Chart.module.css";

interface ChartProps {
  row: number;
  metric: Metric;
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

export function Chart({ row, metric, label, seconds, max, divisor, limit, eventAt, hasAxis }: ChartProps) {
  const { store } = useLive();
  const theme = useTheme();
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const height = LABEL + PLOT_HEIGHT + (hasAxis ? AXIS_HEIGHT : LABEL);
    const font = `10.5px ${style.fontFamily}`;
    const upright = (u: uPlot, value: number, paint: string, dash: number[], isAcross: boolean) => {
      const { ctx, bbox } = u;
      const at = u.valToPos(value, isAcross ? "y" : "x", true);
      ctx.save();
      ctx.strokeStyle = paint;
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash(dash);
      ctx.beginPath();
      if (isAcross) {
        ctx.moveTo(bbox.left, at);
        ctx.lineTo(bbox.left + bbox.width, at);
      } else {
        ctx.moveTo(at, bbox.top);
        ctx.lineTo(at, bbox.top + bbox.height);
      }
      ctx.stroke();
      ctx.restore();
    };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        padding: [LABEL, 0, hasAxis ? 0 : LABEL, 0],
        cursor: { sync: { key: "device" }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
        legend: { show: false },
        scales: { x: { time: true, range: (u) => { const end = u.data[0].at(-1) ?? Date.now() / 1000; return [end - seconds, end]; } }, y: { range: [0, max] } },
        axes: [
          {
            show: hasAxis, size: AXIS_HEIGHT, font, stroke: colour("muted"), gap: 4,
            grid: { show: false }, ticks: { show: false }, space: 70,
            values: (_, splits) => splits.map((t) => clock.format(t * 1000)),
          },
          {
            side: 1, size: RIGHT_AXIS, font, stroke: colour("muted"), gap: 6, ticks: { show: false },
            grid: { stroke: colour("line"), width: 1 }, splits: () => [0, max / 2, max],
            values: () => ["0", "", String(Math.round(max))],
          },
        ],
        series: [{}, { stroke: colour("r4"), width: 1.3, fill: `${colour("r4")}22`, spanGaps: false, points: { show: false } }],
        hooks: {
          draw: [
            (u) => {
              if (limit !== null && limit <= max) upright(u, limit, colour("muted"), [2, 3], true);
              const [start] = u.data[0];
              const end = u.data[0].at(-1);
              if (eventAt !== null && start !== undefined && end !== undefined && eventAt >= end - seconds) {
                upright(u, eventAt, colour("critical-mark"), [], false);
              }
            },
          ],
        },
      },
      [[], []],
      element,
    );
    const draw = () => {
      const { times, values } = store.fleet.history.series(row, metric, seconds);
      plot.setData([times, divisor === 1 ? values : values.map((v) => (v === null ? null : v / divisor))]);
    };
    draw();
    const stop = store.ticked.subscribe(draw);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      stop();
      plot.destroy();
    };
  }, [store, row, metric, seconds, max, divisor, limit, eventAt, hasAxis, theme]);

  return <div ref={box} className={css.chart} role="img" aria-label={label} />;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
