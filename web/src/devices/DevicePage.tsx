/** One device at its own address: everything the list's pane shows, and the facts of the card. */
import { Link, useParams } from "@tanstack/react-router";
import { graphql, useFragment, type FragmentType } from "../gql";
import { useDocument } from "../session/graph";
import { gpu, since, UNKNOWN, watts, celsius, wholeGib, when } from "../ui/format";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import { CopyButton, Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { deviceTarget, OutOfService, TakeOutAction } from "../cordon/Service";
import { EventLines } from "../events/EventLines";
import { Counters } from "./Counters";
import { DeviceCharts } from "./DeviceCharts";
import css from "./DeviceList.module.css";
import pane from "../ui/Pane.module.css";
import { Holder } from "./Holder";
import { Processes } from "./Processes";
import { Reasons } from "./Reasons";
import { useDevice } from "./useDevice";
import { useNow } from "../ui/useNow";

const DevicePageDocument = graphql(`
  query DevicePage($uuid: String!) {
    device(uuid: $uuid) {
      id
      ...CardFacts
      ...DeviceProcesses
      healthEvents(first: 8) { edges { node { id ...EventLine } } }
    }
  }
`);

const CardFactsFragment = graphql(`
  fragment CardFacts on Device {
    uuid
    serial
    vendor
    architecture
    pciBusId
    vbiosVersion
    memoryTotalBytes
    powerLimitMaxWatts
    temperatureSlowdownCelsius
    temperatureShutdownCelsius
    pcieGenerationMax
    pcieWidthMax
    nvlinkLinks
    migEnabled
    migProfile
    firstSeenAt
  }
`);

export function DevicePage() {
  const now = useNow();
  const { uuid } = useParams({ from: "/app/devices/$uuid" });
  const device = useDevice(uuid);
  const answer = useDocument(DevicePageDocument, { uuid });
  const crumb = <><Link to="/devices">Devices</Link> ›</>;
  if (device === undefined) return <Screen title="Device" crumb={crumb}><Panel title="Device"><Skeleton rows={8} rowHeight={32} /></Panel></Screen>;
  if (device === null) {
    return (
      <Screen title="Unknown device" crumb={crumb}>
        <Panel title="Device"><Empty title="This device is not in the cluster" action={<Link to="/devices">All devices</Link>}><code>{uuid}</code> is unknown here. It may have been replaced.</Empty></Panel>
      </Screen>
    );
  }
  const { level } = device.health;
  return (
    <Screen
      title={`${device.node.hostName} · ${gpu(device)}`}
      crumb={crumb}
      note={<><Mark level={level} /> {LEVEL_WORD[level]}{device.health.since != null && level !== "OK" && `, ${since(device.health.since, now)}`}</>}
      aside={
        <>
          <span>{device.type.name}</span>
          <span>Node <Link to="/nodes/$hostName" params={{ hostName: device.node.hostName }}>{device.node.hostName}</Link></span>
          <span>Pool <Link to="/devices" search={{ pool: [device.pool.name] }}>{device.pool.name}</Link></span>
          <TakeOutAction target={deviceTarget(device)} />
        </>
      }
    >
      <OutOfService target={deviceTarget(device)} />
      {device.health.reasons.length > 0 && <Reasons device={device} />}
      <div className={css.page}>
        <Panel title="Last hour" isLive><div className={pane.section}><DeviceCharts device={device} /></div></Panel>
        <div className={css.column}>
          <Panel title="Held by" isLive><div className={pane.section}><Holder device={device} /></div></Panel>
          <Panel title="Counters" isLive><div className={pane.section}><Counters key={device.id} deviceId={device.id} /></div></Panel>
          <Panel title="Processes">
            {answer.failure && !answer.data ? <Failed what="The processes" failure={answer.failure} retry={answer.retry} />
              : answer.data?.device ? <Processes device={answer.data.device} /> : <Skeleton rows={2} rowHeight={32} />}
          </Panel>
          <Panel title="Card">
            {answer.failure && !answer.data ? <Failed what="The card’s facts" failure={answer.failure} retry={answer.retry} />
              : answer.data?.device ? <CardFacts device={answer.data.device} /> : <Skeleton rows={6} rowHeight={24} />}
          </Panel>
          <Panel title="Last events" aside={<Link to="/events" search={{ device: uuid }}>All</Link>}>
            {answer.data?.device ? <EventLines events={answer.data.device.healthEvents.edges.map((edge) => edge.node)} /> : <Skeleton rows={3} rowHeight={24} />}
          </Panel>
        </div>
      </div>
    </Screen>
  );
}

function CardFacts({ device }: { device: FragmentType<typeof CardFactsFragment> }) {
  const now = useNow();
  const d = useFragment(CardFactsFragment, device);
  const facts: [string, string | null | undefined][] = [
    ["Serial", d.serial],
    ["PCI", d.pciBusId],
    ["Maker", d.vendor],
    ["Architecture", d.architecture],
    ["VBIOS", d.vbiosVersion],
    ["Memory", d.memoryTotalBytes == null ? null : `${wholeGib(d.memoryTotalBytes)} GiB`],
    ["Power limit", watts(d.powerLimitMaxWatts)],
    ["Slows down", celsius(d.temperatureSlowdownCelsius)],
    ["Shuts down", celsius(d.temperatureShutdownCelsius)],
    ["PCIe max.", d.pcieGenerationMax == null ? null : `Gen ${d.pcieGenerationMax} x${d.pcieWidthMax ?? "?"}`],
    ["NVLinks", d.nvlinkLinks == null ? null : String(d.nvlinkLinks)],
    ["MIG", d.migProfile ?? (d.migEnabled == null ? null : d.migEnabled ? "enabled" : "off")],
    ["First seen", when(d.firstSeenAt, now)],
  ];
  return (
    <div className={pane.section}>
      <p className={pane.sub}><code>{d.uuid}</code> <CopyButton text={d.uuid} what="UUID" /></p>
      <dl className={pane.facts}>
        {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value ?? UNKNOWN}</dd></div>)}
      </dl>
    </div>
  );
}
