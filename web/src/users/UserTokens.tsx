/** The tokens of a user, for operators: which there are and when they were used, and their end. */
import { useState } from "react";
import { TokenLine, TokensOfUserDocument, type Token } from "../account/documents";
import { RevokeTokens } from "../account/RevokeTokens";
import { TokenTable } from "../account/TokenTable";
import { useFragment } from "../gql";
import { useDocument } from "../session/graph";
import { Action } from "../ui/Action";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { Popup } from "../ui/Popup";
import type { UserInfo } from "./live";

export function UserTokens({ user, onClose }: { user: UserInfo; onClose: () => void }) {
  const { data, failure, retry } = useDocument(TokensOfUserDocument, { name: user.name });
  const tokens: readonly Token[] = useFragment(TokenLine, data?.user?.tokens ?? []);
  const [leaving, setLeaving] = useState<Token | null>(null);
  if (leaving) return <RevokeTokens tokens={[leaving]} onDone={() => setLeaving(null)} onClose={() => setLeaving(null)} />;
  return (
    <Popup title={`API tokens of ${user.name}`} size="middle" onClose={onClose} actions={<Action autoFocus onPress={onClose}>Close</Action>}>
      {failure && !data ? <Failed what="The tokens" failure={failure} retry={retry} />
        : !data ? <Skeleton rows={3} rowHeight={32} />
        : tokens.length === 0 ? <Empty title={`${user.name} has no token`} />
        : <TokenTable label={`API tokens of ${user.name}`} tokens={tokens} onRevoke={setLeaving} />}
    </Popup>
  );
}
