/** A token's secret, shown this once, and how a program bears it. */
import { useEffect, useState } from "react";
import { holdLeaving } from "../session/session";
import { Action } from "../ui/Action";
import { Mark } from "../ui/Mark";
import { CopyButton } from "../ui/Panel";
import { Popup } from "../ui/Popup";
import { Segments } from "../ui/Segments";
import css from "./Account.module.css";

const WAYS = [["curl", "curl"], ["python", "Python"]] as const;

/** `secret` null: the same command was carried out before, and showed it then. */
export function NewToken({ name, secret, onClose }: { name: string; secret: string | null; onClose: () => void }) {
  useEffect(holdLeaving, []);
  const [way, setWay] = useState<"curl" | "python">("curl");
  const example = examples(window.location.origin)[way];
  return (
    // Escape does nothing here: what is shown cannot be shown again.
    <Popup title={`Token ${name}`} role="alertdialog" size="middle" onClose={() => undefined} actions={<Action kind="primary" autoFocus onPress={onClose}>Done</Action>}>
      {secret === null
        ? <p><Mark level="WARNING" /> It was shown when it was made, and is not again. Revoke this token and make another.</p>
        : (
          <>
            <p><Mark level="WARNING" /> <b>Shown this once.</b> Keep it like a password; whoever has it is you, as far as its scope goes.</p>
            <p className={css.secret}><code data-testid="secret">{secret}</code> <CopyButton text={secret} what="the token" /></p>
          </>
        )}
      <div className={css.ways}><Segments label="Example" options={WAYS} value={way} onChange={setWay} /> <CopyButton text={example} what="the example" /></div>
      <pre className={css.example} aria-label={`Example with ${way}`}>{example}</pre>
      <p className={css.muted}>The examples read the token from the variable QUARTERMASTER_TOKEN, so that it stands in no history of commands.</p>
    </Popup>
  );
}

const examples = (origin: string) => ({
  curl: `curl --header "Authorization: Bearer $QUARTERMASTER_TOKEN" \\
  --json '{"query": "{ cluster { name load { devices allocated } } }"}' \\
  ${origin}/graphql`,
  python: `import os
import httpx

answer = httpx.post(
    "${origin}/graphql",
    headers={"Authorization": f"Bearer {os.environ['QUARTERMASTER_TOKEN']}"},
    json={"query": "{ cluster { name load { devices allocated } } }"},
)
print(answer.json()["data"])`,
});
