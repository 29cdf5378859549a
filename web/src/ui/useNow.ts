/** The time, renewed once a second by one timer for the whole page. */
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => { for (const tell of [...listeners]) tell(); }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

const wholeSecond = (): number => Math.floor(Date.now() / 1000) * 1000;

/** Milliseconds since the Unix epoch, by this machine's clock, to the second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, wholeSecond);
}
