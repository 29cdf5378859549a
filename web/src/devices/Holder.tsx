/** Which job, person and group hold a device now. */
import { Link } from "@tanstack/react-router";
import type { DeviceInfo } from "../live/documents";
import { useInventory } from "../live/Live";
import { plural, since, timeOfDay, UNKNOWN } from "../ui/format";
import pane from "../ui/Pane.module.css";
import { useNow } from "../ui/useNow";

export function Holder({ device }: { device: DeviceInfo }) {
  const now = useNow();
  const { jobs } = useInventory();
  if (device.job == null) {
    return <p data-testid="holder">Held by no job: free for the users of {device.group?.name ?? `the pool ${device.pool.name}`}.</p>;
  }
  const { name, owner, startedAt, id } = device.job;
  const held = jobs.get(id)?.heldDevices;
  return (
    <dl className={pane.facts} data-testid="holder">
      <div><dt>Held by</dt><dd><Link to="/jobs" search={{ q: name }}>{name}</Link></dd></div>
      <div><dt>User</dt><dd>{owner ?? UNKNOWN}</dd></div>
      <div><dt>Since</dt><dd>{startedAt == null ? UNKNOWN : `${timeOfDay(startedAt)}, ${since(startedAt, now)}`}</dd></div>
      <div><dt>Group</dt><dd>{device.group?.name ?? UNKNOWN}</dd></div>
      <div><dt>With</dt><dd>{held === undefined ? UNKNOWN : held <= 1 ? "no other device" : plural(held - 1, "other device")}</dd></div>
    </dl>
  );
}
