/** Your account: who one is here, the browsers one is signed in with, and the tokens of one's programs. */
import { useSearch, useNavigate } from "@tanstack/react-router";
import { useFragment } from "../gql";
import { useDocument } from "../session/graph";
import { Action } from "../ui/Action";
import { Icon } from "../ui/Icon";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useNow } from "../ui/useNow";
import { fullMoment, plural } from "../ui/format";
import { Mark } from "../ui/Mark";
import { ROLE_WORDS } from "../users/roles";
import css from "./Account.module.css";
import { CreateToken } from "./CreateToken";
import { AccountDocument, TokenLine, type Token } from "./documents";
import { EndSessions } from "./EndSessions";
import { RevokeTokens } from "./RevokeTokens";
import { SessionTable } from "./SessionTable";
import { TokenTable } from "./TokenTable";
import { lifetime } from "./words";

export function Account() {
  const { popup, which } = useSearch({ from: "/app/account" });
  const navigate = useNavigate({ from: "/account" });
  const { data, failure, retry } = useDocument(AccountDocument, {});
  const now = useNow();
  const viewer = data?.viewer;
  const tokens: readonly Token[] = useFragment(TokenLine, viewer?.tokens ?? []);
  const close = () => void navigate({ search: {}, replace: true });
  if (!viewer) return <Screen title="Your account"><Panel title="Profile">{failure ? <Failed what="Your account" failure={failure} retry={retry} /> : <Skeleton rows={6} rowHeight={32} />}</Panel></Screen>;

  const soon = tokens.filter((token) => lifetime(token.expiresAt, now) === "soon");
  const token = tokens.find((one) => one.id === which);
  const session = viewer.sessions?.find((one) => one.id === which);
  return (
    <Screen title="Your account">
      <Panel title="Profile">
        <dl className={css.facts}>
          <div><dt>Name</dt><dd>{viewer.name}{viewer.displayName != null && `, ${viewer.displayName}`}</dd></div>
          <div><dt>Roles</dt><dd>{viewer.roles.map((role) => ROLE_WORDS[role]).join(", ") || "none yet"}</dd></div>
          <div><dt>Group</dt><dd>{viewer.group ? `${viewer.group.name}${viewer.group.pool ? `, with the pool ${viewer.group.pool.name}` : ""}` : "none"}</dd></div>
          <div><dt>On board since</dt><dd>{fullMoment(Date.parse(viewer.createdAt))}</dd></div>
        </dl>
      </Panel>
      <Panel title="API tokens" note={plural(tokens.length, "token")}
        aside={<Action kind="primary" isSmall onPress={() => void navigate({ search: { popup: "create" } })}><Icon name="plus" size={14} /> Create token</Action>}>
        {soon.length > 0 && <p className={css.warning} role="status"><Mark level="WARNING" /> {soon.map((one) => one.name).join(", ")} {soon.length === 1 ? "expires" : "expire"} within a week. Make a new token and replace it in time.</p>}
        {tokens.length === 0
          ? <Empty title="No token yet">A token lets a program of yours read or manage what you can, over HTTP and WebSocket, without your password.</Empty>
          : <TokenTable label="API tokens" tokens={tokens} onRevoke={(one) => void navigate({ search: { popup: "revoke", which: one.id } })} />}
      </Panel>
      <Panel title="Signed in" note={plural(viewer.sessions?.length ?? 0, "browser")}
        aside={<Action isSmall onPress={() => void navigate({ search: { popup: "everywhere" } })}>Sign out everywhere</Action>}>
        <SessionTable sessions={viewer.sessions ?? []} onEnd={(one) => void navigate({ search: { popup: "end", which: one.id } })} />
      </Panel>
      {popup === "create" && <CreateToken mostDays={data.mostTokenDays} onClose={close} />}
      {popup === "revoke" && token && <RevokeTokens tokens={[token]} onDone={close} onClose={close} />}
      {popup === "end" && session && <EndSessions session={session} onClose={close} />}
      {popup === "everywhere" && <EndSessions session={null} onClose={close} />}
    </Screen>
  );
}
