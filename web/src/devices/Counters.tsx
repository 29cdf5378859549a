/** What else the card says about itself, pushed once a second while it is open. */
import { useEffect, useState } from "react";
import { graphql } from "../gql";
import type { DeviceCountersSubscription } from "../gql/graphql";
import { useLive } from "../live/Live";
import { celsius, count, percent, UNKNOWN } from "../ui/format";
import { Skeleton } from "../ui/Panel";
import pane from "../ui/Pane.module.css";

const CountersDocument = graphql(`
  subscription DeviceCounters($devices: [ID!]!) {
    deviceTelemetry(filter: { devices: $devices }) {
      time
      memoryUtilisationPercent
      encoderPercent
      decoderPercent
      memoryTemperatureCelsius
      smClockMhz
      memoryClockMhz
      pcieTxBytesPerSecond
      pcieRxBytesPerSecond
      pcieGeneration
      pcieWidth
      nvlinkActiveLinks
      nvlinkErrors
      fanPercent
      eccVolatileUncorrected
      eccAggregateCorrected
      eccAggregateUncorrected
      retiredPages
      remappedRowsCorrected
      remappedRowsUncorrected
      remapPending
      remapFailed
      throttleReasons
      performanceState
      xid
      xidAt
    }
  }
`);

type Telemetry = DeviceCountersSubscription["deviceTelemetry"][number];

export function Counters({ deviceId }: { deviceId: string }) {
  const { connection, store } = useLive();
  const [telemetry, setTelemetry] = useState<Telemetry | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(
    () => connection.subscribe(CountersDocument.toString(), { devices: [deviceId] }, {
      next: (data) => {
        setFailure(null);
        if (store.pausedAt === null) setTelemetry((data as DeviceCountersSubscription).deviceTelemetry[0] ?? null);
      },
      failed: setFailure,
    }),
    [connection, store, deviceId],
  );
  if (failure !== null) return <p role="alert">The card’s counters could not be read: “{failure}”</p>;
  if (telemetry === null) return <Skeleton rows={5} rowHeight={20} />;
  return (
    <dl className={pane.facts}>
      {factsOf(telemetry).map(([name, value]) => <div key={name}><dt title={name}>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

function factsOf(t: Telemetry): [name: string, value: string][] {
  return [
    ["ECC uncorr.", `${count(t.eccAggregateUncorrected)} · ${count(t.eccVolatileUncorrected)} since start`],
    ["ECC corr.", count(t.eccAggregateCorrected)],
    ["Row remaps", t.remapPending ? "1 pending" : count(t.remappedRowsUncorrected)],
    ["Remap failed", yesNo(t.remapFailed)],
    ["Pages retired", count(t.retiredPages)],
    ["Last Xid", t.xid == null ? "none" : String(t.xid)],
    ["Throttled", words(t.throttleReasons)],
    ["P-state", t.performanceState == null ? UNKNOWN : `P${t.performanceState}`],
    ["Clock", mhz(t.smClockMhz)],
    ["Mem. clock", mhz(t.memoryClockMhz)],
    ["Mem. temp.", celsius(t.memoryTemperatureCelsius)],
    ["Mem. busy", percent(t.memoryUtilisationPercent)],
    ["PCIe", t.pcieGeneration == null ? UNKNOWN : `Gen ${t.pcieGeneration} x${t.pcieWidth ?? "?"}`],
    ["PCIe traffic", `${rate(t.pcieTxBytesPerSecond)} out, ${rate(t.pcieRxBytesPerSecond)} in`],
    ["NVLink", t.nvlinkActiveLinks == null ? UNKNOWN : `${t.nvlinkActiveLinks} links up`],
    ["NVLink errors", count(t.nvlinkErrors)],
    ["Fan", percent(t.fanPercent)],
    ["Encoder", percent(t.encoderPercent)],
    ["Decoder", percent(t.decoderPercent)],
  ];
}

const yesNo = (value: boolean | null | undefined) => (value == null ? UNKNOWN : value ? "yes" : "no");
const mhz = (value: number | null | undefined) => (value == null ? UNKNOWN : `${count(value)} MHz`);
const rate = (bytes: number | null | undefined) =>
  bytes == null ? UNKNOWN : bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB/s` : `${Math.round(bytes / 1e6)} MB/s`;
const words = (reasons: readonly string[] | null | undefined) =>
  reasons == null ? UNKNOWN : reasons.length === 0 ? "no" : reasons.map((reason) => reason.toLowerCase().replaceAll("_", " ")).join(", ");
