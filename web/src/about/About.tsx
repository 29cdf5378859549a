/** What runs here: version, licence, the parts that it stands on, and where developers go on. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { EnterLicence } from "../licence/EnterLicence";
import { LicencePanel } from "../licence/LicencePanel";
import { useCluster, useFreshness, useInventory, useIsOperator, useLive } from "../live/Live";
import { useDocument } from "../session/graph";
import { setSingleKeys, useSingleKeys } from "../shell/settings";
import { Action } from "../ui/Action";
import { count, duration, fullMoment, since } from "../ui/format";
import { CopyButton, Panel } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useNow } from "../ui/useNow";
import css from "./About.module.css";
import { Collectors } from "./Collectors";
import { Components } from "./Components";
import { EditionDocument, type AboutInfo } from "./documents";
import { useAbout } from "./live";

export function About() {
  return <Screen title="About">{useIsOperator() ? <Whole /> : <Short />}</Screen>;
}

function Whole() {
  const { popup } = useSearch({ from: "/app/about" });
  const navigate = useNavigate({ from: "/about" });
  const { about, failure } = useAbout();
  const clusterId = about?.clusterId ?? null;
  return (
    <>
      <div className={css.pair}>
        <Product about={about} />
        <LicencePanel clusterId={clusterId} onEnter={() => void navigate({ search: { popup: "licence" } })} />
      </div>
      <Components components={about?.components ?? null} failure={failure} />
      <div className={css.pair}>
        <Collectors collectors={about?.collectors ?? null} version={about?.version ?? ""} />
        <Developers about={about} />
      </div>
      {popup === "licence" && <EnterLicence clusterId={clusterId} onClose={() => void navigate({ search: {}, replace: true })} />}
    </>
  );
}

function Short() {
  const { data } = useDocument(EditionDocument, {});
  return (
    <>
      <Product about={null} edition={data?.about.licence.edition ?? "…"} />
      <Developers about={null} />
    </>
  );
}

function Product({ about, edition }: { about: AboutInfo | null; edition?: string }) {
  const cluster = useCluster();
  const now = useNow();
  const { connection, session } = useLive();
  const { kind, ageSeconds } = useFreshness();
  const { nodes, devices } = useInventory();
  return (
    <Panel title="Quartermaster">
      <dl className={css.facts}>
        <div><dt>Version</dt><dd>{cluster?.version ?? "…"}</dd></div>
        {edition !== undefined && <div><dt>Edition</dt><dd>{edition}</dd></div>}
        {about !== null && <div><dt>Built from</dt><dd>{about.commit == null ? "a plain checkout: no commit was written down" : <code>{about.commit}</code>}</dd></div>}
        {about?.startedAt != null && <div><dt>Up for</dt><dd title={fullMoment(Date.parse(about.startedAt))}>{since(about.startedAt, now)}, this API process</dd></div>}
        <div><dt>Cluster</dt><dd>{cluster?.name ?? "…"}</dd></div>
        <div>
          <dt>Devices</dt>
          <dd>{count(devices.size)} on {count(nodes.size)} nodes{cluster?.isDemo && ", simulated: no NVIDIA GPU is read"}</dd>
        </div>
        <div><dt>Live data</dt><dd>{kind}{ageSeconds !== null && `, ${duration(ageSeconds * 1000)} old`}; connected {connection.epoch} times since this page was opened</dd></div>
        <div><dt>Signed in as</dt><dd>{session.name}</dd></div>
      </dl>
    </Panel>
  );
}

function Developers({ about }: { about: AboutInfo | null }) {
  const hasKeys = useSingleKeys();
  const endpoint = `${window.location.origin}/graphql`;
  return (
    <Panel title="For developers">
      <dl className={css.facts}>
        <div><dt>API</dt><dd><code>{endpoint}</code> <CopyButton text={endpoint} what="address" /> HTTP and WebSocket (graphql-transport-ws)</dd></div>
        <div><dt>Explore</dt><dd><a href="/graphiql/" target="_blank" rel="noreferrer">GraphiQL</a>, served from here, works without internet</dd></div>
        <div><dt>Keys</dt><dd>Single-key shortcuts are {hasKeys ? "on" : "off"}. <Action kind="link" onPress={() => setSingleKeys(!hasKeys)}>Switch {hasKeys ? "off" : "on"}</Action></dd></div>
        {about?.python != null && <div><dt>Python</dt><dd>{about.python}</dd></div>}
        {about?.libraries != null && <div><dt>Libraries</dt><dd>{about.libraries.map(({ name, version }) => `${name} ${version}`).join(", ")}</dd></div>}
      </dl>
    </Panel>
  );
}
