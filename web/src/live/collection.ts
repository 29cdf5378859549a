/** A set of objects by id that a subscription keeps: a snapshot in parts first, then the changes. */
export interface Changes<T> {
  isSnapshot: boolean;
  isComplete: boolean;
  changed: readonly T[];
  removed: readonly string[];
}

export class Collection<T extends { id: string }> {
  /** True once a whole snapshot has come: before that nothing is known, which is not "none". */
  isLoaded = false;
  private items = new Map<string, T>();
  private staging: Map<string, T> | null = null;

  get(id: string): T | undefined {
    return this.items.get(id);
  }

  values(): IterableIterator<T> {
    return this.items.values();
  }

  get size(): number {
    return this.items.size;
  }

  /** A connection begins: its snapshot replaces what is held, and what it lacks is gone. */
  expectSnapshot(): void {
    this.staging = null;
  }

  /** True when what is visible changed (the parts of a snapshot show together, when complete). */
  apply(changes: Changes<T>): boolean {
    if (!changes.isSnapshot) {
      const target = this.staging ?? this.items;
      for (const item of changes.changed) target.set(item.id, item);
      for (const id of changes.removed) target.delete(id);
      return this.staging === null;
    }
    this.staging ??= new Map();
    for (const item of changes.changed) this.staging.set(item.id, item);
    if (!changes.isComplete) return false;
    this.items = this.staging;
    this.staging = null;
    this.isLoaded = true;
    return true;
  }
}
