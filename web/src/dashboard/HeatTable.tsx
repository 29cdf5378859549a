/** The heat map's twin: the same devices as a table of sums, by node, pool or type. */
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { DeviceInfo } from "../live/documents";
import { activity, sum } from "../live/sums";
import { useFleet, useInventory } from "../live/Live";
import { celsius, count, percent, shortType } from "../ui/format";
import table from "../ui/Table.module.css";
import css from "./HeatMap.module.css";
import type { HeatGroup } from "./heatSearch";

interface Line {
  key: string;
  title: string;
  to: string;
  search: Record<string, string[]>;
  ids: string[];
}

const HEADS: Record<HeatGroup, string> = { pool: "Pool", node: "Node", type: "Type" };

function lineOf(device: DeviceInfo, by: HeatGroup): Omit<Line, "ids"> {
  if (by === "pool") return { key: device.pool.id, title: device.pool.name, to: "/devices", search: { pool: [device.pool.name] } };
  if (by === "type") return { key: device.type.id, title: shortType(device.type.name), to: "/devices", search: { type: [device.type.name] } };
  return { key: device.node.id, title: device.node.hostName, to: `/nodes/${encodeURIComponent(device.node.hostName)}`, search: {} };
}

export function HeatTable({ by }: { by: HeatGroup }) {
  const fleet = useFleet();
  const { devices, version } = useInventory();
  const lines = useMemo(() => {
    const found = new Map<string, Line>();
    for (const device of devices.values()) {
      const line = lineOf(device, by);
      const known = found.get(line.key);
      if (known) known.ids.push(device.id);
      else found.set(line.key, { ...line, ids: [device.id] });
    }
    return [...found.values()].toSorted((a, b) => a.title.localeCompare(b.title, "en", { numeric: true }));
    // oxlint-disable-next-line react/exhaustive-deps
  }, [devices, version, by]);

  return (
    <div className={css.table} tabIndex={0} role="region" aria-label="Devices as a table">
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">{HEADS[by]}</th>
            {["Devices", "Allocated", "Computing", "Idle", "Free", "No data", "At fault", "Used, mean", "Hottest"].map((head) => (
              <th key={head} scope="col" className={table.number}>{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => {
            const s = sum(fleet, line.ids);
            return (
              <tr key={line.key}>
                <th scope="row"><Link to={line.to} search={line.search as never}>{line.title}</Link></th>
                {[s.devices, s.allocated, activity(s).computing, activity(s).idle, s.free, s.unknown, s.critical + s.warning].map((n, i) => (
                  <td key={i} className={table.number}>{count(n)}</td>
                ))}
                <td className={table.number}>{percent(s.utilisation)}</td>
                <td className={table.number}>{celsius(s.temperatureMax)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
