/** The machine round the GPUs: how busy it is, its addresses, its software and its labels. */
import { graphql, useFragment, type FragmentType } from "../gql";
import type { DeviceInfo, NodeInfo } from "../live/documents";
import { useFleet } from "../live/Live";
import { count, ofBytes, percent, plural, share, UNKNOWN, watts, when, wholeGib } from "../ui/format";
import { Meter } from "../ui/Meter";
import css from "./NodePage.module.css";
import { useNow } from "../ui/useNow";

const HostFactsFragment = graphql(`
  fragment HostFacts on ClusterNode {
    addresses
    macAddress
    osName
    kernelVersion
    driverVersion
    cudaVersion
    collectorVersion
    cpuModel
    cpuCount
    memoryTotalBytes
    firstSeenAt
    labels { name value }
    host { diskUsedBytes diskTotalBytes load1m }
  }
`);

interface HostProps {
  node: FragmentType<typeof HostFactsFragment>;
  live: NodeInfo;
  gpuPower: number | null;
  devices: readonly DeviceInfo[];
}

export function Host({ node, live, gpuPower, devices }: HostProps) {
  const now = useNow();
  const facts = useFragment(HostFactsFragment, node);
  const fleet = useFleet();
  // Of those that answer: the sum of the power is theirs too.
  const limits = devices.map((device) => fleet.columns.powerLimit[fleet.row(device.id) ?? -1]).filter((value) => value >= 0);
  const limit = limits.length === 0 ? null : limits.reduce((a, b) => a + b, 0);
  const ofHowMany = limits.length === devices.length ? "" : `, ${plural(limits.length, "device")}`;
  const host = live.host;
  const blocks: [string, string | null | undefined][][] = [
    [
      ["Address", facts.addresses?.join(", ") || null],
      ["MAC", facts.macAddress],
      ["First seen", when(facts.firstSeenAt, now)],
    ],
    [
      ["OS", facts.osName],
      ["Kernel", facts.kernelVersion],
      ["Driver", facts.driverVersion],
      ["CUDA", facts.cudaVersion],
      ["Collector", facts.collectorVersion],
    ],
    [
      ["CPU", facts.cpuModel],
      ["Cores", facts.cpuCount == null ? null : count(facts.cpuCount)],
      ["Memory", facts.memoryTotalBytes == null ? null : `${wholeGib(facts.memoryTotalBytes)} GiB`],
      ["Disk", ofBytes(facts.host?.diskUsedBytes, facts.host?.diskTotalBytes)],
      ["Load, 1 min", facts.host?.load1m == null ? null : facts.host.load1m.toFixed(1)],
    ],
  ];
  return (
    <>
      <div className={css.host}>
        <Line name="CPU" words={percent(host?.cpuPercent)} share={host?.cpuPercent ?? null} />
        <Line name="Memory" words={ofBytes(host?.memoryUsedBytes, host?.memoryTotalBytes)} share={share(host?.memoryUsedBytes, host?.memoryTotalBytes)} />
        <Line name="GPU power" words={`${watts(gpuPower)} of ${watts(limit)}${ofHowMany}`} share={share(gpuPower, limit)} />
      </div>
      {blocks.map((block) => (
        <dl key={block[0][0]} className={`${css.host} ${css.facts}`}>
          {block.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value ?? UNKNOWN}</dd></div>)}
        </dl>
      ))}
      <div className={css.host}>
        <span>Labels, {facts.labels?.length ?? 0}</span>
        <ul className={css.labels}>{facts.labels?.map((label) => <li key={label.name}>{label.name}={label.value}</li>)}</ul>
      </div>
    </>
  );
}

function Line({ name, words, share: part }: { name: string; words: string; share: number | null }) {
  return (
    <div>
      <div className={css.line}><span>{name}</span><b>{words}</b></div>
      <Meter percent={part} isWide />
    </div>
  );
}
