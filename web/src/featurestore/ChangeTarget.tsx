/** Have the Feature Store use another target, while nobody has used it. */
import { useState } from "react";
import { StaleChanges } from "../audit/StaleChanges";
import type { TargetInfo } from "../dvs/live";
import { KIND_WORDS } from "../dvs/words";
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { ChoiceEntry } from "../ui/Field";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import type { StoreInfo } from "./live";

const SetFeatureStoreTargetDocument = graphql(`
  mutation SetFeatureStoreTarget($input: SetFeatureStoreTargetInput!) {
    setFeatureStoreTarget(input: $input) {
      kind: __typename
      ... on FeatureStore { version target { name } }
      ... on Refusal { message }
      ... on StaleEdit { version ...StaleChanges }
    }
  }
`);

export function ChangeTarget({ store, targets, onClose }: { store: StoreInfo; targets: readonly TargetInfo[]; onClose: () => void }) {
  const [version] = useState(store.version);
  const [chosen, setChosen] = useState(store.target?.id ?? null);
  const { send, outcome, isSending } = useMutation(SetFeatureStoreTargetDocument);
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const save = async () => {
    if (chosen === null || isSending) return;
    const sent = await send({ version, target: chosen });
    if (sent.kind !== "done") return;
    announce(`The Feature Store uses ${sent.result.target?.name ?? "another target"}.`);
    onClose();
  };
  return (
    <Popup title="Use another target" onClose={onClose} onSubmit={() => void save()} actions={
      <>
        <Action onPress={onClose}>Cancel</Action>
        <Action kind="primary" type="submit" isDisabled={isSending || chosen === store.target?.id}>{isSending ? "Saving…" : "Use this target"}</Action>
      </>
    }>
      <OutcomeBox outcome={outcome} not="Not changed" details={refusal?.kind === "StaleEdit" && <StaleChanges edit={refusal} />} />
      <ChoiceEntry label="Target" value={chosen} onChange={setChosen} hint="Once features have been kept in it, it is locked."
        options={targets.map(({ id, name, state, metadata, storage }) => ({ id, words: name, more: state === "FAILING" ? "does not work" : `${KIND_WORDS[metadata.kind]}, ${KIND_WORDS[storage.kind]}` }))} />
    </Popup>
  );
}
