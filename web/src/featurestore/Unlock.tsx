/** Unlock the Feature Store: a deliberate act, confirmed by typing the name of what it uses. */
import { useState } from "react";
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { TextEntry } from "../ui/Field";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import type { StoreInfo } from "./live";

const UnlockFeatureStoreDocument = graphql(`
  mutation UnlockFeatureStore($input: UnlockFeatureStoreInput!) {
    unlockFeatureStore(input: $input) {
      kind: __typename
      ... on FeatureStore { version isLocked }
      ... on Refusal { message }
    }
  }
`);

export function Unlock({ store, name, onClose }: { store: StoreInfo; name: string; onClose: () => void }) {
  const [version] = useState(store.version);
  const [typed, setTyped] = useState("");
  const { send, outcome, isSending } = useMutation(UnlockFeatureStoreDocument);
  const unlock = async () => {
    if (isSending) return;
    const sent = await send({ version, confirmation: typed });
    if (sent.kind !== "done") return;
    announce("The Feature Store is unlocked.");
    onClose();
  };
  return (
    <Popup title="Unlock the Feature Store?" role="alertdialog" onClose={onClose} onSubmit={() => void unlock()} actions={
      <>
        <Action onPress={onClose}>Cancel</Action>
        <Action kind="destructive" type="submit" isDisabled={isSending || typed.trim() !== name}>{isSending ? "Unlocking…" : "Unlock"}</Action>
      </>
    }>
      <OutcomeBox outcome={outcome} not="Still locked" />
      <p><b>What is kept in {name} stays there.</b> Whoever reads features finds none of it once another target is chosen.</p>
      <p>It is locked again when it is used the next time. That you unlock it stands in the audit log.</p>
      <TextEntry label={`Type ${name} to unlock it`} value={typed} onChange={setTyped} autoFocus />
    </Popup>
  );
}
