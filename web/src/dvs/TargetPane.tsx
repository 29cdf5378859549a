/** One target beside the list: where it keeps what, how its last check went, what uses it. */
import { useState } from "react";
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { fullMoment, when } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/Mark";
import pane from "../ui/Pane.module.css";
import { CopyButton, Empty } from "../ui/Panel";
import { OutcomeBox } from "../ui/RefusalBox";
import { SidePane } from "../ui/SidePane";
import { useNow } from "../ui/useNow";
import type { CheckInfo, TargetInfo } from "./live";
import css from "./Targets.module.css";
import { KIND_WORDS, PART_WORDS, placeOf, stateWords, stepWords } from "./words";

const CheckDvsTargetDocument = graphql(`
  mutation CheckDvsTarget($input: CheckDvsTargetInput!) {
    checkDvsTarget(input: $input) {
      kind: __typename
      ... on DvsTarget { id state }
      ... on Refusal { message }
    }
  }
`);

const MakeDefaultDocument = graphql(`
  mutation MakeDefaultDvsTarget($input: MakeDefaultDvsTargetInput!) {
    makeDefaultDvsTarget(input: $input) {
      kind: __typename
      ... on DvsTarget { id name }
      ... on Refusal { message }
    }
  }
`);

interface TargetPaneProps {
  /** Undefined: it is gone. */
  target: TargetInfo | undefined;
  checks: readonly CheckInfo[];
  onEdit: () => void;
  onDelete: () => void;
  close: () => void;
}

export function TargetPane({ target, checks, onEdit, onDelete, close }: TargetPaneProps) {
  if (target === undefined) {
    return <SidePane label="Target" title="Target" close={close}><Empty title="This target is gone">Somebody has deleted it.</Empty></SidePane>;
  }
  return <Detail key={target.id} target={target} checks={checks} onEdit={onEdit} onDelete={onDelete} close={close} />;
}

function Detail({ target, checks, onEdit, onDelete, close }: TargetPaneProps & { target: TargetInfo }) {
  const now = useNow();
  const [key] = useState(() => String(crypto.getRandomValues(new Uint32Array(2)).join("-")));
  const check = useMutation(CheckDvsTargetDocument, { hasCommand: false });
  const makeDefault = useMutation(MakeDefaultDocument);
  const running = check.isSending ? checks.find((one) => one.key === key) : undefined;
  const isFailing = target.state === "FAILING";

  const checkNow = async () => {
    const sent = await check.send({ id: target.id, check: key });
    if (sent.kind === "done") announce(sent.result.state === "READY" ? `${target.name} works.` : `${target.name} does not work.`);
  };
  const becomeDefault = async () => {
    const sent = await makeDefault.send({ id: target.id });
    if (sent.kind === "done") announce(`${target.name} is the default target.`);
  };
  return (
    <SidePane
      label={`Target ${target.name}`}
      title={<>{target.name} {target.isDefault && <span className={css.tag}>default</span>}</>}
      sub={[<><code>{target.uuid}</code> <CopyButton text={target.uuid} what="UUID" /></>]}
      tools={
        <>
          <Action kind="icon" label="Edit" onPress={onEdit}><Icon name="edit" /></Action>
          <Action kind="icon" label="Delete" onPress={onDelete}><Icon name="trash" /></Action>
        </>
      }
      close={close}
      testId="target-pane"
    >
      <div className={pane.section}>
        {isFailing ? (
          <div className={css.reason}>
            <p><Mark level="WARNING" /> <b>{target.failedPart == null ? "It" : `The ${PART_WORDS[target.failedPart]}`} does not work</b></p>
            <p>{target.failure}</p>
          </div>
        ) : <p>{stateWords(target, now)}</p>}
        <OutcomeBox outcome={check.outcome} not="Not checked" />
        <OutcomeBox outcome={makeDefault.outcome} not="Not made the default" />
        <div className={css.buttons}>
          <Action isDisabled={check.isSending} onPress={() => void checkNow()}><Icon name="refresh" size={14} /> {check.isSending ? "Checking…" : "Check now"}</Action>
          {!target.isDefault && <Action isDisabled={makeDefault.isSending} onPress={() => void becomeDefault()}>Make it the default</Action>}
        </div>
        <p className={css.progress} role="status">{check.isSending && `Metadata: ${running?.done.includes("METADATA") ? "it works" : stepWords("METADATA", running?.metadata)} Storage: ${running?.done.includes("STORAGE") ? "it works" : stepWords("STORAGE", running?.storage)}`}</p>
      </div>
      <Source title="Metadata" source={target.metadata} />
      <Source title="Storage" source={target.storage} />
      {target.findings.length > 0 && (
        <div className={pane.section}>
          <h3 className={css.heading}>{isFailing ? "When it worked last" : "Found by the last check"}</h3>
          <ul className={css.findings}>{target.findings.map((finding) => <li key={finding} className={css.muted}>{finding}</li>)}</ul>
        </div>
      )}
      <div className={pane.section}>
        <dl className={css.facts}>
          <div><dt>Used by</dt><dd>{target.usedBy.join(", ") || "nothing"}</dd></div>
          <div><dt>Last checked</dt><dd>{target.checkedAt == null ? "never" : <span title={fullMoment(Date.parse(target.checkedAt))}>{when(target.checkedAt, now)}</span>}</dd></div>
          <div><dt>Made</dt><dd><span title={fullMoment(Date.parse(target.createdAt))}>{when(target.createdAt, now)}</span></dd></div>
        </dl>
      </div>
    </SidePane>
  );
}

function Source({ title, source }: { title: string; source: TargetInfo["metadata"] | TargetInfo["storage"] }) {
  const facts: [string, string][] = [["Kind", KIND_WORDS[source.kind]]];
  if (source.kind === "GitRepository") facts.push(["URL", source.url], ["User name", source.userName], ["Token", "kept, not shown"]);
  else if (source.kind === "S3Bucket") facts.push(["Endpoint", source.endpoint], ["Region", source.region]);
  if (source.kind === "S3Bucket" || source.kind === "GcsBucket") {
    facts.push(["Bucket", source.bucket], ["Prefix", source.prefix || "none"], ["Access key id", source.accessKeyId], ["Secret key", "kept, not shown"]);
  }
  if (source.kind === "Folder" || source.kind === "Nfs") facts.push(["Path", placeOf(source)]);
  return (
    <div className={pane.section}>
      <h3 className={css.heading}>{title}</h3>
      <dl className={css.facts}>{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </div>
  );
}
