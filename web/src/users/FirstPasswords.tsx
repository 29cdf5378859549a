/** Passwords to begin with, shown this once: the server keeps only what they can be checked against. */
import { useEffect } from "react";
import { holdLeaving } from "../session/session";
import { Action } from "../ui/Action";
import { useCopy } from "../ui/copy";
import { plural } from "../ui/format";
import { Mark } from "../ui/Mark";
import { CopyButton } from "../ui/Panel";
import { Popup } from "../ui/Popup";
import css from "./Users.module.css";

export interface NewPassword {
  name: string;
  /** null: it was shown before, when the same command was carried out. */
  password: string | null;
}

interface FirstPasswordsProps {
  title: string;
  passwords: readonly NewPassword[];
  onClose: () => void;
}

export function FirstPasswords({ title, passwords, onClose }: FirstPasswordsProps) {
  useEffect(holdLeaving, []);
  const known = passwords.filter((one) => one.password !== null);
  const { state, copy } = useCopy(known.map(({ name, password }) => `${name}\t${password ?? ""}`).join("\n"));
  return (
    // Escape does nothing here: what is shown cannot be shown again.
    <Popup title={title} role="alertdialog" size="narrow" onClose={() => undefined} actions={
      <>
        {known.length > 1 && <Action onPress={copy}>{state === "copied" ? "Copied" : `Copy all ${known.length}`}</Action>}
        <Action kind="primary" autoFocus onPress={onClose}>Done</Action>
      </>
    }>
      <p><Mark level="WARNING" /> <b>Shown this once.</b> Hand {known.length === 1 ? "it" : "them"} over now; afterwards only a new password can be made.</p>
      <table className={css.passwords}>
        <caption className="visually-hidden">{plural(passwords.length, "first password")}</caption>
        <tbody>
          {passwords.map(({ name, password }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{password === null ? <span className={css.muted}>was shown before</span> : <code data-testid={`password-${name}`}>{password}</code>}</td>
              <td>{password !== null && <CopyButton text={password} what={`the password of ${name}`} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={state === "failed" ? css.muted : "visually-hidden"} role="status">
        {state === "copied" ? "Copied" : state === "failed" ? "Not copied: select them and press Ctrl C" : ""}
      </p>
    </Popup>
  );
}
