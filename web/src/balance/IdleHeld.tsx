/** Devices that a job holds and that compute nothing, by job, the longest first: since when, and whose. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { graphql } from "../gql";
import type { DeviceInfo } from "../live/documents";
import { useFleet, useInventory, useIsOperator } from "../live/Live";
import { useLatest } from "../live/useLatest";
import { givenOut, sectionsOf } from "../pools/blocks";
import { runsOf } from "../pools/runs";
import { Action } from "../ui/Action";
import { Check } from "../ui/Check";
import { count, plural, since, UNKNOWN } from "../ui/format";
import { Empty, Panel, Skeleton } from "../ui/Panel";
import table from "../ui/Table.module.css";
import css from "./Balance.module.css";
import { isIdle } from "./loads";

const IdleDevicesDocument = graphql(`
  subscription IdleDevices {
    clusterSnapshot {
      time
      idleDevices(first: 200) { since device { id } }
    }
  }
`);

/** Shorter pauses are the rhythm of a job, not a device held for nothing. */
const WORTH_A_LINE_MS = 60_000;
const SHOWN = 8;

interface IdleHeldProps {
  onMove: (uuids: readonly string[]) => void;
}

interface Holding {
  job: { id: string; name: string; owner: string | null };
  devices: DeviceInfo[];
  /** Of the device that is idle for the longest. */
  since: string | null;
}

export function IdleHeld({ onMove }: IdleHeldProps) {
  const fleet = useFleet();
  const { devices, jobs } = useInventory();
  const isOperator = useIsOperator();
  const data = useLatest(IdleDevicesDocument);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(() => new Set());
  const now = data ? Date.parse(data.clusterSnapshot.time) : 0;
  const sinceOf = new Map(data?.clusterSnapshot.idleDevices.map(({ device, since: from }) => [device.id, from ?? null]));
  const idle = givenOut(devices.values()).filter((device) => isIdle(device, fleet));
  const all = holdingsOf(idle, sinceOf);
  const found = all.filter((holding) => holding.since !== null && now - Date.parse(holding.since) >= WORTH_A_LINE_MS);
  const brief = all.filter((holding) => !found.includes(holding)).reduce((n, holding) => n + holding.devices.length, 0);
  const chosen = found.filter((holding) => ticked.has(holding.job.id)).flatMap((holding) => holding.devices);
  const tick = (id: string, isOn: boolean) => {
    const next = new Set(ticked);
    if (isOn) next.add(id);
    else next.delete(id);
    setTicked(next);
  };
  return (
    <Panel title="Allocated but idle" isLive note={data === null ? undefined : `${plural(idle.length, "device")} held and used below 5 %${brief > 0 ? `, ${count(brief)} of them for less than a minute` : ""}`}
      aside={isOperator && found.length > 0 && (
        <Action isSmall isDisabled={chosen.length === 0} onPress={() => onMove(chosen.map((device) => device.uuid))}>Move {chosen.length > 0 ? plural(chosen.length, "device") : "devices"}…</Action>
      )}>
      {data === null || !devices.isLoaded ? <Skeleton rows={5} rowHeight={32} />
        : found.length === 0 ? <Empty title="Nothing is held for nothing">Every device that a job holds has computed within the last minute.</Empty> : (
        <div className={table.scroll}>
          <table className={table.table} data-testid="idle">
            <thead>
              <tr>
                {isOperator && <th scope="col" className={css.tick} aria-label="Choose" />}
                <th scope="col">Job</th><th scope="col">Owner</th><th scope="col">Group</th><th scope="col">Pool</th>
                <th scope="col" className={table.number}>Idle</th><th scope="col" className={table.number}>Held</th><th scope="col">Devices</th><th scope="col" className={table.number}>Idle for</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, SHOWN).map((holding) => {
                const job = jobs.get(holding.job.id);
                const pools = [...new Set(holding.devices.map((device) => device.pool.name))];
                return (
                  <tr key={holding.job.id}>
                    {isOperator && <td className={css.tick}><Check label={`Choose the idle devices of ${holding.job.name}`} isSelected={ticked.has(holding.job.id)} onChange={(isOn) => tick(holding.job.id, isOn)} /></td>}
                    <th scope="row"><Link to="/jobs" search={{ q: holding.job.name }} className={css.name}>{holding.job.name}</Link></th>
                    <td>{job?.user?.name ?? holding.job.owner ?? UNKNOWN}</td>
                    <td>{job?.group?.name ?? holding.devices[0].group?.name ?? UNKNOWN}</td>
                    <td>{pools.map((name) => <Link key={name} to="/pools" search={{ pool: name }} className={css.pool}>{name}</Link>)}</td>
                    <td className={table.number}><Link to="/devices" search={{ q: holding.job.name, state: ["IDLE"] }} className={css.number}>{count(holding.devices.length)}</Link></td>
                    <td className={table.number}>{count(job?.heldDevices)}</td>
                    <td className={css.places} title={placesOf(holding.devices)}>{placesOf(holding.devices)}</td>
                    <td className={table.number}>{since(holding.since, now)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
          <p className={css.more}>
            {found.length > SHOWN && <><Link to="/devices" search={{ state: ["IDLE"] }}>{plural(found.length - SHOWN, "more job")} with idle devices</Link>. </>}
            A held device cannot leave its pool before its job ends: ask the owner first.
          </p>
        </div>
      )}
    </Panel>
  );
}

function holdingsOf(idle: readonly DeviceInfo[], sinceOf: ReadonlyMap<string, string | null>): Holding[] {
  const holdings = new Map<string, Holding>();
  for (const device of idle) {
    if (device.job == null) continue;
    const { id, name, owner } = device.job;
    const from = sinceOf.get(device.id) ?? null;
    const found = holdings.get(id);
    if (found === undefined) holdings.set(id, { job: { id, name, owner: owner ?? null }, devices: [device], since: from });
    else {
      found.devices.push(device);
      if (from !== null && (found.since === null || from < found.since)) found.since = from;
    }
  }
  return [...holdings.values()].toSorted((a, b) => (a.since ?? "~").localeCompare(b.since ?? "~") || a.job.name.localeCompare(b.job.name));
}

/** "h100-r02-01 GPU 0–7, h100-r02-02 GPU 3". */
const placesOf = (devices: readonly DeviceInfo[]): string =>
  sectionsOf(devices).flatMap((section) => section.blocks).map((block) => `${block.hostName} GPU ${runsOf(block.devices.map((device) => device.index))}`).join(", ");
