/** What Ctrl K finds: screens, nodes, devices and jobs that are known here, best first. */
import type { DeviceInfo, JobInfo, NodeInfo } from "../live/documents";
import { gpu, shortType } from "../ui/format";
import type { IconName } from "../ui/Icon";

export interface Found {
  key: string;
  icon: IconName;
  title: string;
  note: string;
  to: string;
  search?: Record<string, string>;
}

const SCREENS: Found[] = (
  [
    ["Dashboard", "/", "dashboard"],
    ["Nodes", "/nodes", "nodes"],
    ["Devices", "/devices", "devices"],
    ["History", "/history", "history"],
    ["Jobs", "/jobs", "jobs"],
    ["Load balancing", "/balance", "balance"],
    ["Health events", "/events", "info"],
    ["Pools", "/pools", "pools"],
    ["Groups", "/groups", "groups"],
    ["Users", "/users", "users"],
    ["DVS targets", "/dvs", "versions"],
    ["Feature Store", "/feature-store", "features"],
    ["Authentication", "/authentication", "lock"],
    ["Remote clusters", "/clusters", "clusters"],
    ["Webhooks", "/webhooks", "webhook"],
    ["Audit log", "/audit", "audit"],
    ["About", "/about", "cluster"],
  ] as const
).map(([title, to, icon]) => ({ key: to, icon, title, note: "Screen", to }));

const LIMIT = 12;

interface Known {
  nodes: Iterable<NodeInfo>;
  devices: Iterable<DeviceInfo>;
  jobs: Iterable<JobInfo>;
  isOperator: boolean;
}

const FOR_OPERATORS = new Set(["/authentication", "/audit", "/clusters", "/webhooks", "/dvs", "/feature-store"]);

export function find(text: string, known: Known): Found[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found: { rank: number; item: Found }[] = [];
  const consider = (item: Found, haystack: string) => {
    const lower = haystack.toLowerCase();
    if (!words.every((word) => lower.includes(word))) return;
    const rank = words.length > 0 && item.title.toLowerCase().startsWith(words[0]) ? 0 : 1;
    found.push({ rank, item });
  };
  for (const screen of SCREENS) {
    if (known.isOperator || !FOR_OPERATORS.has(screen.to)) consider(screen, screen.title);
  }
  if (words.length > 0) {
    for (const node of known.nodes) {
      consider({ key: node.id, icon: "nodes", title: node.hostName, note: "Node", to: `/nodes/${encodeURIComponent(node.hostName)}` }, node.hostName);
    }
    for (const job of known.jobs) {
      const note = `Job · ${job.owner ?? "n/a"} · ${job.heldDevices} devices`;
      consider({ key: job.id, icon: "jobs", title: job.name, note, to: "/jobs", search: { q: job.name } }, `${job.name} ${job.owner ?? ""}`);
    }
    for (const device of known.devices) {
      const title = `${device.node.hostName} · ${gpu(device)}`;
      const note = `${shortType(device.type.name)} · ${device.pool.name}`;
      consider({ key: device.id, icon: "devices", title, note, to: `/devices/${device.uuid}` }, `${title} ${device.uuid}`);
    }
  }
  return found.toSorted((a, b) => a.rank - b.rank).slice(0, LIMIT).map(({ item }) => item);
}
