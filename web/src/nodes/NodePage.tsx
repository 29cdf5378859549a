/** One machine: its devices live, what runs on it, its conditions, its host and its last events. */
import { Link, useParams } from "@tanstack/react-router";
import { graphql } from "../gql";
import { nodeTarget, OutOfService, TakeOutAction } from "../cordon/Service";
import { EventLines } from "../events/EventLines";
import type { NodeInfo } from "../live/documents";
import { useFleet, useInventory } from "../live/Live";
import { activity, sum } from "../live/sums";
import { useDocument } from "../session/graph";
import { count, duration, plural, shortType } from "../ui/format";
import { Mark } from "../ui/Mark";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { Conditions } from "./Conditions";
import { Host } from "./Host";
import { NodeDevices } from "./NodeDevices";
import { NodeJobs } from "./NodeJobs";
import css from "./NodePage.module.css";
import { nodeLevel, STATE_WORDS } from "./state";
import { useNow } from "../ui/useNow";

const NodePageDocument = graphql(`
  query NodePage($hostName: String!) {
    clusterNode(hostName: $hostName) {
      id
      bootedAt
      ...HostFacts
      ...Conditions
      healthEvents(first: 6) { edges { node { id ...EventLine } } }
    }
  }
`);

/** Reasons of the machine itself, not of its devices. */
const OF_THE_NODE: ReadonlySet<string> = new Set(["CLOCK_SKEW", "STALE"]);

export function NodePage() {
  const now = useNow();
  const { hostName } = useParams({ from: "/app/nodes/$hostName" });
  const { nodes, devices } = useInventory();
  const fleet = useFleet();
  const node = [...nodes.values()].find((n) => n.hostName === hostName);
  const answer = useDocument(NodePageDocument, { hostName }, node?.health.since ?? node?.state);
  const facts = answer.data?.clusterNode;
  const crumb = <><Link to="/nodes">Nodes</Link> ›</>;
  if (!node) {
    return (
      <Screen title={hostName} crumb={crumb}>
        <Panel title="Node">
          {nodes.isLoaded ? <Empty title="This node is not in the cluster" action={<Link to="/nodes">All nodes</Link>} /> : <Skeleton rows={8} rowHeight={40} />}
        </Panel>
      </Screen>
    );
  }
  const own = [...devices.values()].filter((d) => d.node.id === node.id).toSorted((a, b) => a.index - b.index || a.uuid.localeCompare(b.uuid));
  const sums = sum(fleet, own.map((device) => device.id));
  const level = nodeLevel(node);
  const faulty = own.filter((device) => device.health.level !== "OK");
  const pools = [...new Set(own.map((device) => device.pool.name))];
  const types = [...new Set(own.map((device) => shortType(device.type.name)))];
  const problem = (
    <Problem facts={facts} failure={answer.failure} retry={answer.retry} />
  );
  return (
    <Screen
      title={hostName}
      crumb={crumb}
      note={<span className={css.state} data-level={level}><Mark level={node.isStale ? "STALE" : level} /> {faulty.length === 0 ? STATE_WORDS[node.state] : `${faulty.length} of ${plural(own.length, "device")} not well`}</span>}
      aside={
        <>
          <span className={css.fact}>{STATE_WORDS[node.state]}{node.bootedAt != null && <>, up <b>{duration(now - Date.parse(node.bootedAt))}</b></>}</span>
          <span className={css.fact}>Heartbeat <b>{node.isStale ? "silent" : "live"}</b></span>
          <span className={css.fact}>
            {pools.length === 1 ? "Pool" : "Pools"} {pools.map((pool, i) => <span key={pool}>{i > 0 && ", "}<Link to="/devices" search={{ pool: [pool], node: [hostName] }}>{pool}</Link></span>)}
          </span>
          <TakeOutAction target={nodeTarget(node, own)} />
        </>
      }
    >
      <OutOfService target={nodeTarget(node, own)} />
      {node.health.reasons.filter((reason) => OF_THE_NODE.has(reason.code)).map((reason) => (
        <ReasonBar key={reason.code} reason={reason} of="Node" />
      ))}
      {faulty.filter((device) => device.health.reasons.length > 0).slice(0, 3).map((device) => (
        <ReasonBar key={device.id} reason={device.health.reasons[0]} of={`GPU ${device.index}`} uuid={device.uuid} />
      ))}
      <div className={css.columns}>
        <div className={css.column}>
          <Panel title="Devices" isLive note={types.length === 1 ? `${own.length} × ${types[0]}` : `${own.length} of ${types.length} types`}
            aside={<><span>allocated <b>{sums.allocated} / {sums.devices}</b> · computing <b>{count(activity(sums).computing)}</b> · idle <b>{count(activity(sums).idle)}</b> · unknown <b>{sums.unknown}</b></span><Link to="/history" search={{ node: hostName }}>History</Link></>}>
            <NodeDevices devices={own} />
          </Panel>
          <NodeJobs nodeId={node.id} devices={own} />
          <Panel title="Conditions">{facts ? <Conditions node={facts} /> : problem}</Panel>
        </div>
        <div className={css.column}>
          <Panel title="Host" isLive>{facts ? <Host node={facts} live={node} gpuPower={sums.powerWatts} devices={own} /> : problem}</Panel>
          <Panel title="Last events" aside={<Link to="/events" search={{ node: hostName }}>All</Link>}>
            {facts ? <EventLines events={facts.healthEvents.edges.map((edge) => edge.node)} /> : problem}
          </Panel>
        </div>
      </div>
    </Screen>
  );
}

function Problem({ facts, failure, retry }: { facts: unknown; failure: { message: string; requestId: string | null } | null; retry: () => void }) {
  if (failure !== null) return <Failed what="The node’s facts" failure={failure} retry={retry} />;
  if (facts === null) return <Empty title="Nothing is known of this node" />;
  return <Skeleton rows={5} rowHeight={28} />;
}

interface ReasonBarProps {
  reason: NodeInfo["health"]["reasons"][number];
  of: string;
  /** Of the device whose reason it is. */
  uuid?: string;
}

function ReasonBar({ reason, of, uuid }: ReasonBarProps) {
  return (
    <section className={css.reason} data-level={reason.level} data-testid="node-reason">
      <Mark level={reason.level} />
      <div>
        <p><b>{of}: {reason.title}.</b> <span>{reason.detail}</span></p>
        {reason.remedy.length > 0 && <p><b>What to do:</b> <span>{reason.remedy.join(" ")}</span></p>}
      </div>
      {uuid !== undefined && <Link to="/devices/$uuid" params={{ uuid }}>Open device</Link>}
    </section>
  );
}
