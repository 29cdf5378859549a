/** Delete targets: what is kept in them stays where it is. */
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { announce } from "../ui/announce";
import { ConfirmDelete } from "../ui/ConfirmDelete";
import { plural } from "../ui/format";
import { OutcomeBox } from "../ui/RefusalBox";
import type { TargetInfo } from "./live";

const DeleteDvsTargetsDocument = graphql(`
  mutation DeleteDvsTargets($input: DeleteDvsTargetsInput!) {
    deleteDvsTargets(input: $input) {
      kind: __typename
      ... on DvsTargetsDeleted { ids }
      ... on Refusal { message }
      ... on ItemsRefused { items { name reasons { message } } }
    }
  }
`);

interface DeleteTargetsProps {
  targets: readonly TargetInfo[];
  onDeleted: () => void;
  onClose: () => void;
}

export function DeleteTargets({ targets, onDeleted, onClose }: DeleteTargetsProps) {
  const { send, outcome, isSending } = useMutation(DeleteDvsTargetsDocument);
  const one = targets.length === 1 ? targets[0].name : null;
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const blockers = targets.flatMap((target) => [
    ...(target.isDefault ? [{ name: target.name, reason: "is the default: make another one the default first." }] : []),
    ...target.usedBy.map((user) => ({ name: `${target.name} `, reason: `is used by the ${user}: have that use another target first.` })),
  ]);
  const confirm = async () => {
    const done = await send({ targets: targets.map((target) => target.id) });
    if (done.kind !== "done") return;
    announce(one === null ? `${plural(targets.length, "target")} are deleted.` : `The target ${one} is deleted.`);
    onDeleted();
  };
  return (
    <ConfirmDelete
      title={`Delete ${one === null ? plural(targets.length, "target") : `target ${one}`}?`}
      returns={<><b>What is kept there stays there:</b> no repository, folder or bucket is touched.</>}
      checks={[["Secrets", "deleted with it"], ["History", "kept in the audit log"]]}
      blockers={blockers}
      confirm={`Delete ${one === null ? plural(targets.length, "target") : "target"}`}
      isSending={isSending}
      refusal={
        <OutcomeBox outcome={outcome} not="Not deleted" details={refusal?.kind === "ItemsRefused" && (
          <ul>{refusal.items.map((item) => <li key={item.name}>{item.name}: {item.reasons.map((reason) => reason.message).join(" ")}</li>)}</ul>
        )} />
      }
      onConfirm={() => void confirm()}
      onClose={onClose}
    />
  );
}
