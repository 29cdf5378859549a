/** Post a test message, and say what came of it: a status or a reason, never what came back. */
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { Mark } from "../ui/Mark";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import type { WebhookInfo } from "./live";
import css from "./Webhooks.module.css";

const TestWebhookDocument = graphql(`
  mutation TestWebhook($input: TestWebhookInput!) {
    testWebhook(input: $input) {
      kind: __typename
      ... on WebhookTested { isDelivered status failure seconds }
      ... on Refusal { message }
    }
  }
`);

export function TestWebhook({ webhook, onClose }: { webhook: WebhookInfo; onClose: () => void }) {
  const { send, outcome, isSending } = useMutation(TestWebhookDocument, { hasCommand: false });
  const result = outcome?.kind === "done" ? outcome.result : null;
  return (
    <Popup
      title={`Test webhook ${webhook.name}`}
      onClose={onClose}
      onSubmit={() => { if (!isSending) void send({ id: webhook.id }); }}
      actions={
        <>
          <Action onPress={onClose}>Close</Action>
          <Action kind="primary" type="submit" autoFocus isDisabled={isSending}>{isSending ? "Sending…" : result ? "Send another" : "Send a test"}</Action>
        </>
      }
    >
      <OutcomeBox outcome={outcome} not="Not sent" />
      <p>A message of the type <code>webhook.test</code> is posted to <span className={css.url}>{webhook.url}</span>, signed with the secret that is kept.</p>
      <div role="status">
        {result && (
          <p className={result.isDelivered ? css.good : css.bad} data-testid="tested">
            <Mark level={result.isDelivered ? "OK" : "WARNING"} />{" "}
            {result.isDelivered ? `Delivered: the receiver answered with status ${result.status} after ${result.seconds.toFixed(1)} s.` : `Not delivered. ${result.failure}`}
          </p>
        )}
      </div>
    </Popup>
  );
}
