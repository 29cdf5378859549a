/** A small line of one device's use over the last hour, hatched from the moment that data stopped. */
import { useEffect, useRef } from "react";
import { useLive } from "../live/Live";
import type { Recording } from "../live/recording";
import { binned } from "../live/track";
import { useTheme } from "../shell/settings";
import { hatch, runs } from "../ui/hatch";
import css from "./NodePage.module.css";

const WIDTH = 178;
const HEIGHT = 26;
const INNER = WIDTH - 2;
/** A pixel is so many seconds: drawn anew with the tick only where it would look otherwise. */
export const PIXEL_SECONDS = 20;
/** As many as have room: an hour but for two minutes. */
const SHOWN_SECONDS = PIXEL_SECONDS * (INNER - 1);

export function Sparkline({ recording, deviceId }: { recording: Recording; deviceId: string }) {
  const { store } = useLive();
  const theme = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const track = recording.track(deviceId, "UTILISATION_PERCENT");
    if (element === null || track === undefined) return;
    const scale = window.devicePixelRatio || 1;
    element.width = WIDTH * scale;
    element.height = HEIGHT * scale;
    let drawnAt = Number.NEGATIVE_INFINITY;
    const draw = (isForced = true) => {
      const end = Math.floor((store.fleet.shownTime ?? 0) / 1000);
      if (!isForced && end - drawnAt < PIXEL_SECONDS / 2) return;
      drawnAt = end;
      paint(element, scale, binned(track, end - SHOWN_SECONDS + 1, end, PIXEL_SECONDS).mean);
    };
    draw();
    const stops = [store.ticked.subscribe(() => draw(false)), recording.changed.subscribe(() => draw())];
    return () => stops.forEach((stop) => stop());
  }, [store, recording, deviceId, theme]);
  return <canvas ref={canvas} className={css.spark} role="img" aria-label="Used, last hour" />;
}

function paint(canvas: HTMLCanvasElement, scale: number, values: readonly (number | null)[]): void {
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, WIDTH, HEIGHT);
  pen.strokeStyle = colour("line");
  pen.lineWidth = 1;
  pen.strokeRect(0.5, 0.5, WIDTH - 1, HEIGHT - 1);
  const y = (value: number) => HEIGHT - 2 - (value / 100) * (HEIGHT - 5);
  runs(values).forEach(([from, to, isKnown], i) => {
    const left = 1 + from;
    if (!isKnown) {
      // Before the first data there is nothing that stopped.
      if (i > 0) hatch(pen, left, 1, to - from + 1, HEIGHT - 2, colour("hatch"));
      return;
    }
    const path = new Path2D();
    for (let x = from; x <= to; x++) path.lineTo(1.5 + x, y(values[x]!));
    if (from === to) path.lineTo(2.5 + from, y(values[from]!));
    pen.strokeStyle = colour("r4");
    pen.lineWidth = 1.2;
    pen.stroke(path);
    path.lineTo(1.5 + to, HEIGHT - 1);
    path.lineTo(1.5 + from, HEIGHT - 1);
    pen.globalAlpha = 0.13;
    pen.fillStyle = colour("r4");
    pen.fill(path);
    pen.globalAlpha = 1;
  });
}
