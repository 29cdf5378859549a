/** Six sums of which every one leads to the devices or jobs behind it. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { graphql, useFragment, type FragmentType } from "../gql";
import { HELD } from "../devices/filters";
import { useIsOperator } from "../live/Live";
import { activity } from "../live/sums";
import { count, percent, plural, share, since } from "../ui/format";
import { Mark } from "../ui/Mark";
import { Empty } from "../ui/Panel";
import css from "./Dashboard.module.css";

const TilesFragment = graphql(`
  fragment Tiles on Cluster {
    time
    nodesTotal
    jobsActive
    jobsRunning
    jobsQueued
    load { devices allocated computing idle free outOfService unknown healthy warning critical waitingSince }
    attention { level }
    longestIdle: idleDevices(first: 1) { since }
  }
`);

export function Tiles({ cluster }: { cluster: FragmentType<typeof TilesFragment> }) {
  const { time, nodesTotal, jobsActive, jobsRunning, jobsQueued, load, attention, longestIdle } = useFragment(TilesFragment, cluster);
  const isOperator = useIsOperator();
  // To others it may be that nothing is theirs.
  if (nodesTotal === 0 && isOperator) {
    return <Empty title="Waiting for the first report">No node has told of itself yet. Its collector does so within seconds of its start.</Empty>;
  }
  const faults = load.warning + load.critical;
  // By health, so that the three numbers are all devices: one that is at fault may be silent too.
  const unknown = load.devices - load.healthy - faults;
  const { computing, idle } = activity(load);
  const critical = attention.filter((a) => a.level === "CRITICAL").length;
  const others = attention.length - critical;
  return (
    <div className={css.tiles}>
      <Tile label="Devices" number={load.devices} of={`on ${plural(nodesTotal, "node")}`} to="/devices">
        {count(load.healthy)} healthy · {count(unknown)} unknown · {count(faults)} at fault
      </Tile>
      <Tile label="Allocated" number={load.allocated} of={`of ${count(load.devices)}`} to="/devices"
        search={{ state: HELD }} part={share(load.allocated, load.devices)}>
        {count(load.free)} free{load.outOfService > 0 && ` · ${count(load.outOfService)} out of service`}
      </Tile>
      <Tile label="Computing" number={computing} of={`of ${count(load.allocated)}`} to="/devices"
        search={{ state: ["COMPUTING"] }} part={share(computing, load.devices)}>
        {percent(share(computing, load.allocated))} of what is allocated
      </Tile>
      <Tile label="Allocated but idle" number={idle} of={idle === 1 ? "device" : "devices"} to="/devices"
        search={{ state: ["IDLE"] }} part={share(idle, load.devices)}>
        {longestIdle[0]?.since == null ? "held and used below 5 %" : `longest ${since(longestIdle[0].since, Date.parse(time))}`}
      </Tile>
      <Tile label="Jobs active" number={jobsActive} of={`${count(jobsRunning)} running`} to="/jobs">
        {jobsQueued === 0 ? "none waiting" : (
          <span><b>{count(jobsQueued)} waiting</b>{load.waitingSince != null && <>· longest {since(load.waitingSince, Date.parse(time))}</>}</span>
        )}
      </Tile>
      <Tile label="Needs attention" number={attention.length} to="/devices" isFaulty={critical > 0}
        search={{ health: ["CRITICAL", "WARNING", "UNKNOWN"], sort: ["health:desc", "node:asc"] }}>
        {attention.length === 0 && "nothing"}
        {critical > 0 && <span className={css.critical}><Mark level="CRITICAL" /> {critical} critical</span>}
        {others > 0 && <span className={css.warning}><Mark level="WARNING" /> {others} warning</span>}
      </Tile>
    </div>
  );
}

interface TileProps {
  label: string;
  number: number | null;
  of?: string;
  to: string;
  search?: Record<string, string[]>;
  /** Share of all devices in percent, drawn at the foot. */
  part?: number | null;
  isFaulty?: boolean;
  children: ReactNode;
}

function Tile({ label, number, of, to, search, part, isFaulty, children }: TileProps) {
  return (
    <Link to={to} search={(search ?? {}) as never} className={`${css.tile} ${isFaulty ? css.faulty : ""}`} data-testid={`tile-${label}`}>
      <span className={css.label}>{label}</span>
      <span className={css.number}>{count(number)}</span>
      {of !== undefined && <span className={css.of}>{of}</span>}
      <span className={css.line}>{children}</span>
      {part != null && <span className={css.share}><i style={{ width: `${part}%` }} /></span>}
    </Link>
  );
}
