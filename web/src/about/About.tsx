/** What runs here: version, cluster, how the live data comes, and where developers go on. */
import { useCluster, useFreshness, useInventory, useLive } from "../live/Live";
import { setSingleKeys, useSingleKeys } from "../shell/settings";
import { Action } from "../ui/Action";
import { count, duration } from "../ui/format";
import { CopyButton, Panel } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import css from "./About.module.css";

export function About() {
  const cluster = useCluster();
  const { connection, session } = useLive();
  const { kind, ageSeconds } = useFreshness();
  const { nodes, devices } = useInventory();
  const hasKeys = useSingleKeys();
  const endpoint = `${window.location.origin}/graphql`;
  return (
    <Screen title="About">
      <Panel title="Quartermaster">
        <dl className={css.facts}>
          <div><dt>Version</dt><dd>{cluster?.version ?? "…"}</dd></div>
          <div><dt>Cluster</dt><dd>{cluster?.name ?? "…"}</dd></div>
          <div>
            <dt>Devices</dt>
            <dd>{count(devices.size)} on {count(nodes.size)} nodes{cluster?.isDemo && ", simulated: no NVIDIA GPU is read"}</dd>
          </div>
          <div><dt>Live data</dt><dd>{kind}{ageSeconds !== null && `, ${duration(ageSeconds * 1000)} old`}; connected {connection.epoch} times since this page was opened</dd></div>
          <div><dt>Signed in as</dt><dd>{session.name}</dd></div>
        </dl>
      </Panel>
      <Panel title="For developers">
        <dl className={css.facts}>
          <div><dt>API</dt><dd><code>{endpoint}</code> <CopyButton text={endpoint} what="address" /> HTTP and WebSocket (graphql-transport-ws)</dd></div>
          <div><dt>Explore</dt><dd><a href="/graphiql/" target="_blank" rel="noreferrer">GraphiQL</a>, served from here, works without internet</dd></div>
          <div><dt>Keys</dt><dd>Single-key shortcuts are {hasKeys ? "on" : "off"}. <Action kind="link" onPress={() => setSingleKeys(!hasKeys)}>Switch {hasKeys ? "off" : "on"}</Action></dd></div>
        </dl>
      </Panel>
    </Screen>
  );
}
