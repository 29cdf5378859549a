/** Nine readings on one line, each a way to the list behind it. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { graphql, useFragment, type FragmentType } from "../gql";
import { celsius, count, ofBytes, percent, share, UNKNOWN, watts } from "../ui/format";
import { Mark } from "../ui/Mark";
import css from "./Dashboard.module.css";

const ReadingsFragment = graphql(`
  fragment Readings on Cluster {
    nodesTotal
    nodesReady
    hostCpuPercent
    hostMemoryUsedBytes
    hostMemoryTotalBytes
    usersTotal
    groupsTotal
    poolsTotal
    load { memoryUsedBytes memoryTotalBytes powerWatts }
    hottest { temperatureCelsius health device { uuid temperatureSlowdownCelsius } }
  }
`);

export function Readings({ cluster }: { cluster: FragmentType<typeof ReadingsFragment> }) {
  const c = useFragment(ReadingsFragment, cluster);
  const limit = c.hottest?.device.temperatureSlowdownCelsius;
  const isTooHot = limit != null && (c.hottest?.temperatureCelsius ?? 0) >= limit;
  return (
    <div className={css.readings}>
      <Reading label="Nodes ready" to="/nodes">{c.nodesTotal === 0 ? UNKNOWN : <>{count(c.nodesReady)} / {count(c.nodesTotal)}</>}</Reading>
      <Reading label="GPU memory" to="/devices" search={{ sort: ["memory:desc"] }}>
        {ofBytes(c.load.memoryUsedBytes, c.load.memoryTotalBytes)}
      </Reading>
      <Reading label="GPU power" to="/devices" search={{ sort: ["power:desc"] }}>{watts(c.load.powerWatts)}</Reading>
      <Reading label="Hottest GPU" to={c.hottest ? `/devices/${c.hottest.device.uuid}` : "/devices"}>
        {isTooHot && <Mark level="WARNING" label="above its slow-down limit" />}{celsius(c.hottest?.temperatureCelsius)}
      </Reading>
      <Reading label="Host CPU" to="/nodes" search={{ sort: "cpu:desc" }}>{percent(c.hostCpuPercent)}</Reading>
      <Reading label="Host memory" to="/nodes" search={{ sort: "memory:desc" }}>
        {percent(share(c.hostMemoryUsedBytes, c.hostMemoryTotalBytes))}
      </Reading>
      <Reading label="Users" to="/users">{count(c.usersTotal)}</Reading>
      <Reading label="Groups" to="/groups">{count(c.groupsTotal)}</Reading>
      <Reading label="Pools" to="/pools">{count(c.poolsTotal)}</Reading>
    </div>
  );
}

interface ReadingProps {
  label: string;
  to: string;
  search?: Record<string, string | string[]>;
  children: ReactNode;
}

function Reading({ label, to, search, children }: ReadingProps) {
  return (
    <Link to={to} search={(search ?? {}) as never} className={css.reading} data-testid={`reading-${label}`}>
      {label} <b>{children}</b>
    </Link>
  );
}
