/** Which cell is under the pointer, and which one the arrow keys lead to. */
import type { HeatLayout } from "./heatLayout";

export function cellAt(layout: HeatLayout, x: number, y: number): number | null {
  const side = layout.cell + 1;
  const at = layout.cells.findIndex((cell) => x >= cell.x && x < cell.x + side && y >= cell.y && y < cell.y + side);
  return at === -1 ? null : at;
}

/** The nearest cell in that direction; one's own line counts for more than the distance. */
export function neighbour(layout: HeatLayout, from: number | null, key: string): number | null {
  const { cells } = layout;
  if (cells.length === 0) return null;
  if (from === null || key === "Home" || !cells[from]) return 0;
  if (key === "End") return cells.length - 1;
  const isAcross = key === "ArrowLeft" || key === "ArrowRight";
  const sign = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
  const here = cells[from];
  let best = from;
  let bestCost = Number.POSITIVE_INFINITY;
  cells.forEach((cell, i) => {
    const [dx, dy] = [cell.x - here.x, cell.y - here.y];
    const ahead = sign * (isAcross ? dx : dy);
    const aside = Math.abs(isAcross ? dy : dx);
    if (ahead <= 0) return;
    const cost = ahead + 3 * aside;
    if (cost < bestCost) [best, bestCost] = [i, cost];
  });
  return best;
}
