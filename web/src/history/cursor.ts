/** The moment that all charts of a view point at together. */
import { Signal } from "../live/signal";

export class Cursor {
  readonly changed = new Signal();
  /** Second; null when nobody points. */
  time: number | null = null;

  point(time: number | null): void {
    if (time === this.time) return;
    this.time = time;
    this.changed.bump();
  }
}
