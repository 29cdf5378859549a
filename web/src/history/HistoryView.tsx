/** The history of a device, a node or a pool, or of several devices in comparison, at an address of its own. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useInventory } from "../live/Live";
import { Empty, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { Charts } from "./Charts";
import { DevicePicker } from "./DevicePicker";
import type { HistorySearch } from "./search";
import { subjectOf, type Subject } from "./subject";

export function HistoryView() {
  const search = useSearch({ from: "/app/history" });
  const navigate = useNavigate({ from: "/history" });
  const { devices, version } = useInventory();
  const { device, node, pool } = search;
  const named = JSON.stringify({ device, node, pool });
  // The version stands for the contents.
  // oxlint-disable-next-line react/exhaustive-deps
  const subject = useMemo(() => subjectOf(JSON.parse(named) as HistorySearch, [...devices.values()]), [named, devices, version]);
  const change = (next: HistorySearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const choose = (uuids: string[]) => change({ device: uuids.length === 0 ? undefined : uuids, node: undefined, pool: undefined });
  if (!devices.isLoaded) return <Framed><Skeleton rows={8} rowHeight={72} /></Framed>;
  if (subject === null) {
    return (
      <Framed>
        <Empty title="Whose history?" action={<DevicePicker chosen={[]} onChange={choose}>Choose devices</DevicePicker>}>
          Of one device, or of up to eight in comparison. Nodes and pools have theirs on their own screens: <Link to="/nodes">Nodes</Link>, <Link to="/pools">Pools</Link>.
        </Empty>
      </Framed>
    );
  }
  if (subject.unknown.length > 0 && subject.parts.length === 0) {
    return (
      <Framed>
        <Empty title="This device is not in the cluster" action={<Link to="/devices">All devices</Link>}><code>{subject.unknown.join(", ")}</code> is unknown here. It may have been replaced.</Empty>
      </Framed>
    );
  }
  const key = subject.whose.kind === "devices" ? "devices" : `${subject.whose.kind} ${subject.title}`;
  return <Charts key={key} subject={subject} search={search} change={change} choose={choose} crumb={<Crumb subject={subject} />} />;
}

function Framed({ children }: { children: ReactNode }) {
  return <Screen title="History"><Panel title="History">{children}</Panel></Screen>;
}

/** Where it hangs: the page of what it is the history of. */
function Crumb({ subject: { whose, devices } }: { subject: Subject }) {
  if (whose.kind === "node") return <><Link to="/nodes/$hostName" params={{ hostName: whose.name }}>{whose.name}</Link> ›</>;
  if (whose.kind === "pool") return <><Link to="/pools" search={{ pool: whose.name }}>{whose.name}</Link> ›</>;
  if (devices.length === 1) return <><Link to="/devices/$uuid" params={{ uuid: devices[0].uuid }}>{devices[0].node.hostName} · GPU {devices[0].index}</Link> ›</>;
  return <><Link to="/devices">Devices</Link> ›</>;
}
