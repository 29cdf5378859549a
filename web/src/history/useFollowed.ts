/** Lets a history go on by what is pushed, and asks for it anew when too much is missing. */
import { useEffect, useEffectEvent, useState } from "react";
import { useLive } from "../live/Live";
import type { Details } from "./details";
import { forget, goOn, type History } from "./model";
import { tickOf } from "./pushed";
import type { Subject } from "./subject";

interface Followed {
  history: History | null | undefined;
  subject: Subject;
  /** What comes beside the fleet's ticks, which then are waited for: a second is drawn once. */
  details: Details | null;
  /** How much of it is shown. */
  seconds: number;
  /** Drawn anew no more often: in less than a bucket, which is a pixel or so, there is little to see. */
  stepSeconds: number;
  isFollowing: boolean;
  onMissing: () => void;
}

/** Counts up whenever there is more to draw. */
export function useFollowed({ history, subject, details, seconds, stepSeconds, isFollowing, onMissing }: Followed): number {
  const { store } = useLive();
  const [version, setVersion] = useState(0);
  const take = useEffectEvent((second: number) => {
    if (history == null) return;
    const partOf = (id: string) => subject.parts.find((part) => part.id === id) ?? subject.parts[0];
    const before = history.coveredTo;
    if (!goOn(history, second, (line, metric) => tickOf(store.fleet, details, partOf(line.id).deviceIds, metric))) {
      onMissing();
      return;
    }
    forget(history, second - seconds);
    if (Math.floor(before / stepSeconds) !== Math.floor(history.coveredTo / stepSeconds)) setVersion((n) => n + 1);
  });
  useEffect(() => {
    if (!isFollowing || history == null) return;
    const look = () => {
      const { shownTime } = details ?? store.fleet;
      if (shownTime !== null) take(Math.floor(shownTime / 1000));
    };
    look();
    return (details ?? store).ticked.subscribe(look);
  }, [store, details, history, isFollowing]);
  return version;
}
