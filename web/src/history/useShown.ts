/** What a view shows of the time that there is: the range, the zoom in it, and the history of both. */
import { useState, useSyncExternalStore } from "react";
import { graphql } from "../gql";
import type { HistoryMetric } from "../gql/graphql";
import { useLive } from "../live/Live";
import { useDocument } from "../session/graph";
import { isWhole, lengthOf, pointsFor, RANGES, rangesOf, wholeOf, within, type RangeName, type Stretch } from "./ranges";
import type { HistorySearch } from "./search";
import type { Subject } from "./subject";
import { useDetails } from "./useDetails";
import { useFollowed } from "./useFollowed";
import { useHistory } from "./useHistory";

const SourcesDocument = graphql(`
  query HistorySources {
    cluster { historySources }
  }
`);

const USUAL_RANGE: RangeName = "1h";
const OVERVIEW_PIXELS = 300;
const LONGEST_STEP_SECONDS = 5;

const FEWEST_PIXELS = 300;
const MOST_PIXELS = 2000;

export function useShown(subject: Subject, metrics: HistoryMetric[], search: HistorySearch, change: (next: HistorySearch) => void) {
  const { store, connection } = useLive();
  const epoch = useSyncExternalStore(connection.changed.subscribe, () => connection.epoch);
  const now = () => Math.floor((store.fleet.shownTime ?? Date.now()) / 1000);
  const [asOf, setAsOf] = useState(now);
  const [pixels] = useState(() => Math.min(MOST_PIXELS, Math.max(FEWEST_PIXELS, window.innerWidth)));
  const sources = useDocument(SourcesDocument, {});
  const ranges = rangesOf(sources.data?.cluster.historySources.includes("PROMETHEUS") ?? false);
  // An address may name a range before it is known whether there is so much.
  const isKnown = sources.data !== undefined;
  const range = search.range !== undefined && (!isKnown || ranges.includes(search.range)) ? search.range : USUAL_RANGE;
  const zoom = search.from !== undefined && search.to !== undefined ? { from: search.from, to: search.to } : null;
  const whole = wholeOf(range, asOf, zoom);

  const again = () => setAsOf(now());
  // Asked anew after every reconnection: what failed meanwhile may be had by now.
  const stamp = `${epoch} ${asOf}`;
  const main = useHistory({ whose: subject.whose, metrics, points: pointsFor(zoom ?? whole, pixels), ...(zoom ?? whole) }, zoom === null ? stamp : epoch);
  const inSmall = useHistory(zoom === null ? null : { whose: subject.whose, metrics: metrics.slice(0, 1), points: pointsFor(whole, OVERVIEW_PIXELS), ...whole }, stamp);
  const seconds = RANGES[range].seconds;
  const isFollowing = zoom === null && !main.isLoading && main.failure === null && main.history?.source === "RECENT";
  const details = useDetails(subject, metrics, isFollowing);
  const version = useFollowed({
    history: main.history,
    subject,
    details,
    seconds,
    stepSeconds: Math.min(LONGEST_STEP_SECONDS, main.history?.bucketSeconds ?? 1),
    isFollowing,
    onMissing: again,
  });
  const end = isFollowing && main.history ? main.history.coveredTo : whole.to;
  const all: Stretch = zoom === null ? { from: end - seconds, to: end } : whole;

  const reset = () => {
    if (zoom === null) return;
    again();
    change({ from: undefined, to: undefined });
  };
  return {
    asOf, again, ranges, range, whole: all, version, isFollowing,
    shown: zoom ?? all,
    isZoomed: zoom !== null,
    history: main.history,
    failure: main.failure,
    isLoading: main.isLoading,
    retry: main.retry,
    inSmall: zoom === null ? main.history : inSmall.history,
    reset,
    zoomTo: (to: Stretch) => {
      const next = within(to, all);
      if (isWhole(next, all)) reset();
      else if (lengthOf(next) > 0) change(next);
    },
    chooseRange: (name: RangeName) => {
      again();
      change({ range: name === USUAL_RANGE ? undefined : name, from: undefined, to: undefined });
    },
  };
}
