/** What was done, said to who cannot see it: one polite voice for the whole page. */
import { useSyncExternalStore } from "react";
import { Signal } from "../live/signal";

const said = new Signal();
let words = "";

export function announce(text: string): void {
  words = text;
  said.bump();
}

/** Marked as react-aria marks its own, so that an open popup does not hide it. */
export function Announcer() {
  const version = useSyncExternalStore(said.subscribe, said.snapshot);
  return (
    <div className="visually-hidden" role="status" data-live-announcer="true" data-testid="announcer">
      <span key={version}>{words}</span>
    </div>
  );
}
