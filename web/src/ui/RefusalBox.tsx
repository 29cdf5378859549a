/**
 * Why a change was not made: what was refused, in the server's words, and what would be accepted, as
 * buttons that do it. It takes the focus when it appears, and never takes away what was typed.
 */
import { useEffect, useRef, type ReactNode } from "react";
import type { Failure } from "../session/graph";
import { Action } from "./Action";
import { Mark } from "./Mark";
import { CopyButton } from "./Panel";
import css from "./RefusalBox.module.css";

interface RefusalBoxProps {
  title: string;
  requestId?: string | null;
  /** What would be accepted. */
  accepted?: ReactNode;
  children: ReactNode;
}

export function RefusalBox({ title, requestId, accepted, children }: RefusalBoxProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div ref={box} className={css.box} role="alert" tabIndex={-1} data-testid="refusal">
      <p className={css.title}><Mark level="CRITICAL" /> {title}</p>
      <div className={css.text}>{children}</div>
      {(accepted != null || requestId != null) && (
        <div className={css.foot}>
          {accepted}
          {requestId != null && (
            <span className={css.request}>request <code>{requestId}</code> <CopyButton text={requestId} what="request id" /></span>
          )}
        </div>
      )}
    </div>
  );
}

interface OutcomeBoxProps {
  /** An `Outcome` of session/mutate. */
  outcome:
    | { kind: "done" }
    | { kind: "refused"; refusal: { message: string }; requestId: string | null; serial: number }
    | { kind: "failed" | "unknown"; failure: Failure; serial: number }
    | null;
  /** "Not created": what did not happen. */
  not: string;
  /** More about a refusal than its words: lists, links, who changed what. */
  details?: ReactNode;
  /** Buttons that do what would be accepted instead of what was refused. */
  accepted?: ReactNode;
  /** Sends the same once more, where no answer came. */
  onAgain?: () => void;
}

/** Nothing while all is well; a new box, which takes the focus, for each new outcome. */
export function OutcomeBox({ outcome, not, details, accepted, onAgain }: OutcomeBoxProps) {
  if (outcome === null || outcome.kind === "done") return null;
  const key = outcome.serial;
  if (outcome.kind === "refused") {
    return (
      <RefusalBox key={key} title={not} requestId={outcome.requestId} accepted={accepted}>
        <p>{outcome.refusal.message}</p>
        {details}
      </RefusalBox>
    );
  }
  const { message, requestId } = outcome.failure;
  return outcome.kind === "failed" ? (
    <RefusalBox key={key} title={not} requestId={requestId}><p>The server said: “{message}”</p></RefusalBox>
  ) : (
    <RefusalBox key={key} title="Not known whether it was done" requestId={requestId} accepted={onAgain && <Action isSmall onPress={onAgain}>Send it again</Action>}>
      <p>{message} Everything here is kept. Send it again as it is: it is not done twice.</p>
    </RefusalBox>
  );
}
