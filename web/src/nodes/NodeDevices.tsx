/** The devices of one node with the line of their last hour; a fault tints its row. */
import { Link } from "@tanstack/react-router";
import type { DeviceInfo } from "../live/documents";
import { HEALTH } from "../live/fleet";
import { useFleet } from "../live/Live";
import type { LiveMetric } from "../live/recording";
import { NotRead } from "../history/NotRead";
import { useRecording } from "../history/useRecording";
import { count, gib, share } from "../ui/format";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import { Meter } from "../ui/Meter";
import { Empty } from "../ui/Panel";
import table from "../ui/Table.module.css";
import { PIXEL_SECONDS, Sparkline } from "./Sparkline";

const USED: readonly LiveMetric[] = ["UTILISATION_PERCENT"];
/** As fine as the line can show. */
const BUCKET_SECONDS = PIXEL_SECONDS / 2;

export function NodeDevices({ devices }: { devices: readonly DeviceInfo[] }) {
  const fleet = useFleet();
  const recording = useRecording(devices.map((device) => device.id), USED, BUCKET_SECONDS);
  if (devices.length === 0) return <Empty title="No GPU on this node">Its collector reports the host only.</Empty>;
  const c = fleet.columns;
  return (
    <div className={table.scroll}>
      <table className={table.table} data-testid="node-devices" data-filled={recording.isFilled}>
        <thead>
          <tr>
            <th scope="col">GPU</th><th scope="col">Health</th><th scope="col">Used, last hour</th>
            {["Used %", "Memory GiB", "Power W", "Temp °C"].map((head) => <th key={head} scope="col" className={table.number}>{head}</th>)}
            <th scope="col">Job</th>
          </tr>
        </thead>
        <tbody>
          {devices.map((device) => {
            const row = fleet.row(device.id);
            const read = (column: ArrayLike<number>) => (row === undefined ? Number.NaN : column[row]);
            const level = row === undefined ? device.health.level : HEALTH[c.health[row]];
            const isStale = row === undefined || c.isStale[row] === 1;
            const memory = read(c.memory);
            return (
              <tr key={device.id} className={level === "CRITICAL" ? table.broken : ""} {...(isStale && { "data-old": "" })}>
                <th scope="row" className={table.tall}>
                  <Link to="/devices/$uuid" params={{ uuid: device.uuid }} aria-label={`GPU ${device.index}`}>{device.index}{device.migProfile && ` ${device.migProfile}`}</Link>{device.cordon && <> <Mark level="OUT" label="Out of service" /></>}
                </th>
                <td><span className={table.mark} data-level={level}><Mark level={isStale && level !== "CRITICAL" ? "STALE" : level} /> {level === "OK" ? "OK" : (device.health.reasons[0]?.title.split(",")[0] ?? LEVEL_WORD[level])}</span></td>
                <td><Sparkline recording={recording} deviceId={device.id} /></td>
                <td className={table.number}><b>{count(read(c.utilisation))}</b></td>
                <td className={table.number}><span className={table.metered}><Meter percent={share(memory, device.memoryTotalBytes)} /> <span>{gib(memory)}</span></span></td>
                <td className={table.number}>{count(read(c.power))}</td>
                <td className={table.number}>{count(read(c.temperature))}</td>
                <td>{device.job ? <Link to="/jobs" search={{ q: device.job.name }}>{device.job.name}</Link> : <span className={table.muted} title={device.cordon?.reason}>{device.cordon ? "out of service" : "free"}</span>}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <NotRead recording={recording} />
    </div>
  );
}
