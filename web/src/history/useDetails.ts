/** Subscribes to what the charts of a view show and no tick of the fleet brings. */
import { useEffect, useEffectEvent, useMemo, useState } from "react";
import { graphql } from "../gql";
import type { HistoryDetailsSubscription, HistoryMetric } from "../gql/graphql";
import { useLive } from "../live/Live";
import { Details, filterOf, wantedOf } from "./details";
import type { Subject } from "./subject";

const DetailsDocument = graphql(`
  subscription HistoryDetails($filter: FleetFilter!, $links: Boolean!, $clocks: Boolean!, $memory: Boolean!, $hosts: Boolean!) {
    fleetTelemetry(filter: $filter) {
      time
      isKeyFrame
      deviceIds
      isStale
      pcieTxBytesPerSecond @include(if: $links)
      pcieRxBytesPerSecond @include(if: $links)
      nvlinkTxBytesPerSecond @include(if: $links)
      nvlinkRxBytesPerSecond @include(if: $links)
      smClockMhz @include(if: $clocks)
      memoryClockMhz @include(if: $clocks)
      memoryUtilisationPercent @include(if: $memory)
      memoryTemperatureCelsius @include(if: $memory)
      nodes @include(if: $hosts) { id isStale host { cpuPercent memoryUsedBytes } }
    }
  }
`);

/** Null where nothing of it is shown, or where the server refuses to push it. */
export function useDetails(subject: Subject, metrics: readonly HistoryMetric[], isFollowing: boolean): Details | null {
  const { connection, store } = useLive();
  const filter = filterOf(subject);
  const wanted = wantedOf(metrics);
  const question = isFollowing && filter !== null && wanted !== null ? JSON.stringify({ filter, ...wanted }) : null;
  const [refused, setRefused] = useState<string | null>(null);
  // Another question, another answer.
  // oxlint-disable-next-line react/exhaustive-deps
  const details = useMemo(() => new Details(), [question]);
  const isPaused = useEffectEvent(() => store.pausedAt !== null);
  useEffect(() => {
    if (question === null) return;
    return connection.subscribe(DetailsDocument.toString(), JSON.parse(question) as Record<string, unknown>, {
      next: (data) => { if (!isPaused()) details.show((data as HistoryDetailsSubscription).fleetTelemetry); },
      failed: () => setRefused(question),
      restarted: details.expectKeyFrame,
    });
  }, [connection, question, details]);
  return question === null || refused === question ? null : details;
}
