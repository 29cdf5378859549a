/** Revoke tokens: the programs that bear them stop at once. */
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { since } from "../ui/format";
import { useNow } from "../ui/useNow";
import type { Token } from "./documents";

const RevokeTokensDocument = graphql(`
  mutation RevokeTokens($input: RevokeTokensInput!) {
    revokeTokens(input: $input) {
      kind: __typename
      ... on TokensRevoked { ids }
      ... on Refusal { message }
    }
  }
`);

interface RevokeTokensProps {
  tokens: readonly Token[];
  onDone: () => void;
  onClose: () => void;
}

export function RevokeTokens({ tokens, onDone, onClose }: RevokeTokensProps) {
  const { send, outcome, isSending } = useMutation(RevokeTokensDocument);
  const now = useNow();
  const names = tokens.map((token) => token.name).join(", ");
  const confirm = async () => {
    if ((await send({ tokens: tokens.map((token) => token.id) })).kind !== "done") return;
    announce(`${names} is revoked.`);
    onDone();
  };
  return (
    <Popup title={`Revoke token ${names}?`} role="alertdialog" onClose={onClose} actions={
      <>
        <Action autoFocus onPress={onClose}>Cancel</Action>
        <Action kind="destructive" isDisabled={isSending} onPress={() => void confirm()}>{isSending ? "Revoking…" : "Revoke token"}</Action>
      </>
    }>
      <OutcomeBox outcome={outcome} not="Not revoked" />
      <p><b>Programs that bear it are refused from now on</b>, and what they hold open ends within 2 seconds. It cannot be undone.</p>
      {tokens.map((token) => token.lastUsedAt != null && <p key={token.id}>{token.name} was last used {since(token.lastUsedAt, now)} ago from {token.lastUsedFrom}.</p>)}
    </Popup>
  );
}
