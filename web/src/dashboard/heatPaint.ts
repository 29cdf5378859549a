/** Draws the heat map on a canvas. Colours come from the tokens, so both themes are one code. */
import type { Fleet } from "../live/fleet";
import type { HeatLayout } from "./heatLayout";
import type { HeatMetric } from "./heatSearch";
import { heatValue, rampStep } from "./heatValue";

const TOKENS = [
  "surface", "text", "free-edge", "idle-edge", "hatch", "critical-mark", "warning-mark", "information",
  "r0", "r1", "r2", "r3", "r4", "r5",
] as const;
type Palette = Record<(typeof TOKENS)[number], string>;

const CRITICAL = 2;
const WARNING = 1;
const OLD_DATA_ALPHA = 0.45;

export interface Painting {
  layout: HeatLayout;
  fleet: Fleet;
  metric: HeatMetric;
  /** Nodes whose collector is silent. */
  staleNodes: ReadonlySet<string>;
  focused: number | null;
  /** The whole map is old. */
  isOld: boolean;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  return Object.fromEntries(TOKENS.map((token) => [token, style.getPropertyValue(`--${token}`).trim()])) as Palette;
}

export function paint(canvas: HTMLCanvasElement, width: number, painting: Painting): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { layout, fleet, metric, staleNodes, focused, isOld } = painting;
  const scale = window.devicePixelRatio || 1;
  const height = Math.ceil(layout.height) + 2 * MARGIN;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const palette = readPalette(canvas);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.translate(MARGIN, MARGIN);
  context.globalAlpha = isOld ? OLD_DATA_ALPHA : 1;
  const hatch = hatchOf(context, palette.hatch);
  const ramp = [palette.r0, palette.r1, palette.r2, palette.r3, palette.r4, palette.r5];
  const size = layout.cell;
  for (const { device, x, y } of layout.cells) {
    const row = fleet.row(device.id);
    const health = row === undefined ? 0 : fleet.columns.health[row];
    const inset = health === CRITICAL || health === WARNING ? 2 : 0;
    const value = heatValue(fleet, device, metric);
    const [left, top, side] = [x + inset, y + inset, size - 2 * inset];
    context.fillStyle = value.state === "load" ? ramp[rampStep(value.percent)] : value.state === "idle" ? palette.r0 : value.state === "free" ? palette.surface : hatch;
    context.fillRect(left, top, side, side);
    if (value.state !== "load") {
      const edge = value.state === "idle" ? "idle-edge" : value.state === "free" ? "free-edge" : "hatch";
      outline(context, palette[edge], left, top, side, side, 1);
    }
    if (device.cordon != null) stroke(context, palette, left, top, side);
    if (health === CRITICAL) {
      outline(context, palette["critical-mark"], x - 1, y - 1, size + 2, size + 2, 2);
      corner(context, palette["critical-mark"], x + size, y, size / 2);
    } else if (health === WARNING) {
      outline(context, palette["warning-mark"], x - 1, y - 1, size + 2, size + 2, 2);
    }
  }
  context.setLineDash([3, 2]);
  for (const block of layout.blocks) {
    if (staleNodes.has(block.nodeId)) {
      outline(context, palette["warning-mark"], block.x - 3, block.y - 3, block.width + 6, block.height + 6, 1.5);
    }
  }
  context.setLineDash([]);
  const at = focused === null ? undefined : layout.cells[focused];
  if (at) {
    context.globalAlpha = 1;
    outline(context, palette.information, at.x - 4, at.y - 4, size + 8, size + 8, 2);
  }
}

/** Room for rings at the edge. */
export const MARGIN = 4;

/** Out of service: a stroke across the cell, with an edge that keeps it off any colour. */
function stroke(context: CanvasRenderingContext2D, palette: Palette, left: number, top: number, side: number): void {
  for (const [colour, line] of [[palette.surface, 3.5], [palette.text, 1.5]] as const) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.beginPath();
    context.moveTo(left + 0.5, top + side - 0.5);
    context.lineTo(left + side - 0.5, top + 0.5);
    context.stroke();
  }
}

function outline(context: CanvasRenderingContext2D, colour: string, x: number, y: number, width: number, height: number, line: number): void {
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.strokeRect(x + line / 2, y + line / 2, width - line, height - line);
}

function corner(context: CanvasRenderingContext2D, colour: string, right: number, top: number, side: number): void {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(right - side, top);
  context.lineTo(right, top);
  context.lineTo(right, top + side);
  context.fill();
}

const hatches = new Map<string, CanvasPattern>();

function hatchOf(context: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const known = hatches.get(colour);
  if (known) return known;
  const tile = new OffscreenCanvas(4, 4);
  const pen = tile.getContext("2d");
  if (pen === null) return colour;
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(-1, 3); pen.lineTo(3, -1);
  pen.moveTo(1, 5); pen.lineTo(5, 1);
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat");
  if (pattern === null) return colour;
  hatches.set(colour, pattern);
  return pattern;
}
