/**
 * The server's clock as seen from here. Ages come from the server's own times, so a wrong clock on
 * this machine cannot make old numbers look new: the smallest (local - server) seen on a connection
 * is taken as the difference of the clocks.
 */
export class ServerClock {
  private offsetMs: number | null = null;

  observe(serverMs: number, localMs: number): void {
    const offset = localMs - serverMs;
    if (this.offsetMs === null || offset < this.offsetMs) this.offsetMs = offset;
  }

  /** Forget the difference: a new connection measures it anew (the machine may have slept). */
  reset(): void {
    this.offsetMs = null;
  }

  /** How old a moment of the server is, never negative. */
  ageMs(serverMs: number, localMs: number): number {
    return Math.max(0, localMs - serverMs - (this.offsetMs ?? 0));
  }
}
