/** Whether the Kubernetes cluster does what the screen says of a pool or a group, and why not. */
import { Mark } from "../ui/Mark";
import css from "./Enforcement.module.css";
import { inFull, STATES, type EnforcementInfo } from "./words";

/** `isOneLine`: the reason stands beside the state, for rows that are one line high. */
export function Enforcement({ of, isOneLine = false }: { of: EnforcementInfo; isOneLine?: boolean }) {
  const [level, words] = STATES[of.state];
  return (
    <span title={inFull(of)} data-enforcement={of.state}>
      <span className={css.enforcement} data-level={level}>
        <Mark level={level} />
        <span className={css.words}>{words}{isOneLine && of.reason != null && `: ${of.reason}`}</span>
      </span>
      {!isOneLine && of.reason != null && <span className={css.reason}>{of.reason}</span>}
    </span>
  );
}
