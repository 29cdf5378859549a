/** Delete webhooks: nobody is told there any more. */
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { announce } from "../ui/announce";
import { ConfirmDelete } from "../ui/ConfirmDelete";
import { plural } from "../ui/format";
import { OutcomeBox } from "../ui/RefusalBox";
import type { WebhookInfo } from "./live";

const DeleteWebhooksDocument = graphql(`
  mutation DeleteWebhooks($input: DeleteWebhooksInput!) {
    deleteWebhooks(input: $input) {
      kind: __typename
      ... on WebhooksDeleted { ids }
      ... on Refusal { message }
    }
  }
`);

interface DeleteWebhooksProps {
  webhooks: readonly WebhookInfo[];
  onDeleted: () => void;
  onClose: () => void;
}

export function DeleteWebhooks({ webhooks, onDeleted, onClose }: DeleteWebhooksProps) {
  const { send, outcome, isSending } = useMutation(DeleteWebhooksDocument);
  const one = webhooks.length === 1 ? webhooks[0].name : null;
  const confirm = async () => {
    const done = await send({ webhooks: webhooks.map((webhook) => webhook.id) });
    if (done.kind !== "done") return;
    announce(one === null ? `${plural(webhooks.length, "webhook")} are deleted.` : `The webhook ${one} is deleted.`);
    onDeleted();
  };
  return (
    <ConfirmDelete
      title={`Delete ${one === null ? plural(webhooks.length, "webhook") : `webhook ${one}`}?`}
      returns={<><b>{one === null ? "Their receivers are" : "Its receiver is"} told of nothing any more,</b> and what was not delivered yet never is.</>}
      checks={[["Secret", "deleted with it"], ["History", "kept in the audit log"]]}
      blockers={[]}
      confirm={`Delete ${one === null ? plural(webhooks.length, "webhook") : "webhook"}`}
      isSending={isSending}
      refusal={<OutcomeBox outcome={outcome} not="Not deleted" />}
      onConfirm={() => void confirm()}
      onClose={onClose}
    />
  );
}
