/**
 * The last word before something is gone: what returns where comes first, then what was looked at and
 * what stands in the way. Cancel has the focus.
 */
import { useId, type ReactNode } from "react";
import { Action } from "./Action";
import css from "./ConfirmDelete.module.css";
import { Mark } from "./Mark";
import { Popup } from "./Popup";

export interface Blocker {
  name: string;
  reason: ReactNode;
}

interface ConfirmDeleteProps {
  /** "Delete pool burst-a?" */
  title: string;
  /** "8 GPUs return to the Default pool and can be chosen for other pools." */
  returns: ReactNode;
  checks: readonly (readonly [what: string, found: ReactNode])[];
  /** Known before trying; while there are any, nothing can be deleted. */
  blockers: readonly Blocker[];
  /** "Delete pool": the button's words. */
  confirm: string;
  isSending: boolean;
  /** What was answered to a try. */
  refusal?: ReactNode;
  /** Where only some are in the way: goes on with the others. */
  instead?: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
}

export function ConfirmDelete({ title, returns, checks, blockers, confirm, isSending, refusal, instead, onConfirm, onClose }: ConfirmDeleteProps) {
  const inTheWay = useId();
  const isBlocked = blockers.length > 0;
  return (
    <Popup title={title} role="alertdialog" onClose={onClose} actions={
      <>
        <Action autoFocus onPress={onClose}>Cancel</Action>
        <Action kind="destructive" isDisabled={isBlocked || isSending} onPress={onConfirm} {...(isBlocked && { describedBy: inTheWay })}>
          {isSending ? "Deleting…" : confirm}
        </Action>
      </>
    }>
      {refusal}
      <p>{returns}</p>
      <dl className={css.checks}>
        {checks.map(([what, found]) => <div key={what}><dt>{what}</dt><dd>{found}</dd></div>)}
      </dl>
      {isBlocked && (
        <div className={css.blockers} id={inTheWay}>
          <p className={css.head}><Mark level="WARNING" /> {blockers.length === 1 ? "In the way" : `${blockers.length} in the way`}</p>
          <ul>{blockers.map(({ name, reason }) => <li key={name}><b>{name}</b> {reason}</li>)}</ul>
          {instead}
        </div>
      )}
    </Popup>
  );
}
