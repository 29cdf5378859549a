/** Loads the page anew when the server answers, not before: a browser cannot leave its own error page. */
import { useEffect } from "react";
import { readSession } from "./session";

export const AGAIN_AFTER_MS = 3000;

export function useReloadWhenBack(isWanted = true): void {
  useEffect(() => {
    if (!isWanted) return;
    const timer = setInterval(() => {
      readSession().then(() => window.location.reload(), () => undefined);
    }, AGAIN_AFTER_MS);
    return () => clearInterval(timer);
  }, [isWanted]);
}
