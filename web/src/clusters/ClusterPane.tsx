/** One remote cluster beside the list: what it has free, its jobs, how it was reached, its certificate. */
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { count, since, timeOfDay, UNKNOWN, when } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/Mark";
import pane from "../ui/Pane.module.css";
import { Empty } from "../ui/Panel";
import { OutcomeBox } from "../ui/RefusalBox";
import { SidePane } from "../ui/SidePane";
import { useNow } from "../ui/useNow";
import css from "./Clusters.module.css";
import type { ClusterInfo } from "./live";
import { certificateWords, isOld, KIND_WORDS, latencyWords, stateWords, STEP_WORDS, typeWords } from "./words";

const CheckRemoteClusterDocument = graphql(`
  mutation CheckRemoteCluster($input: CheckRemoteClusterInput!) {
    checkRemoteCluster(input: $input) {
      kind: __typename
      ... on RemoteCluster { id state failure }
      ... on Refusal { message }
    }
  }
`);

export function ClusterPane({ name, cluster, close }: { name: string; cluster: ClusterInfo | undefined; close: () => void }) {
  if (cluster === undefined) {
    return <SidePane label="Remote cluster" title="Unknown cluster" close={close}><Empty title="There is no such remote cluster">{name} was renamed or removed.</Empty></SidePane>;
  }
  return <Known key={cluster.id} cluster={cluster} close={close} />;
}

function Known({ cluster, close }: { cluster: ClusterInfo; close: () => void }) {
  const now = useNow();
  const { send, outcome, isSending } = useMutation(CheckRemoteClusterDocument, { hasCommand: false });
  const old = isOld(cluster, now);
  const dated = old && <span className={css.dated}> as of {since(cluster.contactedAt, now)} ago</span>;
  return (
    <SidePane
      label={`Remote cluster ${cluster.name}`}
      title={<><Mark level={cluster.state === "CONNECTED" ? "OK" : "CRITICAL"} /> {cluster.name}</>}
      sub={[<>{KIND_WORDS[cluster.kind]} · {cluster.url ?? "settings cannot be read"}</>, stateWords(cluster, now)]}
      tools={<Action isSmall isDisabled={isSending} onPress={() => void send({ id: cluster.id })}><Icon name="refresh" size={14} /> {isSending ? "Contacting…" : "Contact now"}</Action>}
      close={close}
      testId="cluster-pane"
    >
      {outcome !== null && outcome.kind !== "done" && <div className={pane.section}><OutcomeBox outcome={outcome} not="Not contacted" /></div>}
      {cluster.failure != null && <div className={pane.section} role="status"><Mark level={old ? "CRITICAL" : "WARNING"} /> {cluster.failure}</div>}
      <div className={pane.section}>
        <h3 className={css.heading}>Capacity{dated}</h3>
        <Capacity cluster={cluster} isOld={old} />
      </div>
      <div className={pane.section}>
        <h3 className={css.heading}>Jobs and contact{dated}</h3>
        <dl className={`${pane.facts} ${old ? css.old : ""}`}>
          <div><dt>Active</dt><dd>{count(cluster.jobsActive)}</dd></div>
          <div><dt>Waiting</dt><dd>{count(cluster.jobsWaiting)}</dd></div>
          <div><dt>From here</dt><dd>{count(cluster.jobsSent)}</dd></div>
          <div><dt>Nodes</dt><dd>{count(cluster.nodes)}</dd></div>
          <div><dt>Latency</dt><dd>{latencyWords(cluster.latencySeconds)}</dd></div>
          <div><dt>Contacted</dt><dd>{since(cluster.contactedAt, now)} ago</dd></div>
          <div><dt>Version</dt><dd>{cluster.runs ?? UNKNOWN}</dd></div>
          <div><dt>Certificate</dt><dd>{cluster.certificateExpiresAt == null ? (cluster.url?.startsWith("http:") ? "none, plain HTTP" : UNKNOWN) : <>{cluster.certificateEndsSoon && <><Mark level="WARNING" />{" "}</>}{certificateWords(cluster.certificateExpiresAt, now)}</>}</dd></div>
        </dl>
      </div>
      <div className={pane.section}>
        <h3 className={css.heading}>History of contact</h3>
        {cluster.history.length === 0 ? <p className={css.old}>No change yet.</p> : (
          <ol className={css.history}>
            {cluster.history.map((one, index) => (
              <li key={`${one.time} ${index}`}>
                <time className={css.time} dateTime={one.time} title={timeOfDay(one.time)}>{when(one.time, now)}</time>
                <span><Mark level={one.state === "CONNECTED" ? "OK" : "CRITICAL"} /> {one.state === "CONNECTED" ? "Connected" : `Unreachable${one.step == null ? "" : `, at ${STEP_WORDS[one.step]}`}: ${one.reason ?? ""}`}</span>
              </li>
            ))}
          </ol>
        )}
      </div>
    </SidePane>
  );
}

function Capacity({ cluster, isOld: old }: { cluster: ClusterInfo; isOld: boolean }) {
  if (cluster.devicesTotal == null) return <p className={css.old}>Not known yet.</p>;
  if (cluster.capacity.length === 0) return <p className={css.old}>It has no GPUs.</p>;
  return (
    <table className={`${css.table} ${old ? css.old : ""}`}>
      <thead><tr><th scope="col">Type</th><th scope="col" className={css.number}>Free</th><th scope="col" className={css.number}>Total</th></tr></thead>
      <tbody>
        {cluster.capacity.map(({ product, free, total }) => (
          <tr key={product}><td>{typeWords(product)}</td><td className={css.number}>{count(free)}</td><td className={css.number}>{count(total)}</td></tr>
        ))}
      </tbody>
    </table>
  );
}
