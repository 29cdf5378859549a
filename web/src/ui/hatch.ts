/** The hatching of what is not known: diagonals, 4 px apart. */
const PITCH = 4;

export function hatch(pen: CanvasRenderingContext2D, left: number, top: number, width: number, height: number, colour: string, scale = 1): void {
  if (width <= 0) return;
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  pen.strokeStyle = colour;
  pen.lineWidth = scale;
  pen.beginPath();
  // From a fixed grid, so that the lines stand still while the gap grows.
  const first = Math.floor((left - height) / (PITCH * scale)) * PITCH * scale;
  for (let x = first; x < left + width; x += PITCH * scale) {
    pen.moveTo(x, top + height);
    pen.lineTo(x + height, top);
  }
  pen.stroke();
  pen.restore();
}

/** Stretches of known and of unknown values: [first, last, known]. */
export function runs(values: ArrayLike<number | null | undefined>): [number, number, boolean][] {
  const found: [number, number, boolean][] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const isKnown = value != null && !Number.isNaN(value);
    const last = found.at(-1);
    if (last && last[2] === isKnown) last[1] = i;
    else found.push([i, i, isKnown]);
  }
  return found;
}
