/** Something that changes: a version that counts up, and who wants to know. */
export class Signal {
  version = 0;
  private readonly listeners = new Set<() => void>();

  bump(): void {
    this.version++;
    for (const listener of [...this.listeners]) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): number => this.version;
}
