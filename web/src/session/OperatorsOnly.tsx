/** Why a screen has less than others see: which role is missing, and what is shown instead. */
import { useIsOperator, useLive } from "../live/Live";
import { Empty } from "../ui/Panel";
import { Icon } from "../ui/Icon";
import css from "./OperatorsOnly.module.css";

/** One line above a list that holds only what is one's own. */
export function OperatorsOnly({ what }: { what: string }) {
  return (
    <p className={css.line} data-testid="operators-only">
      <Icon name="lock" size={14} /> Only operators see {what}. You see what is yours.
    </p>
  );
}

/** In place of a whole screen. */
export function ForOperators({ title, children }: { title: string; children: string }) {
  const { session } = useLive();
  const isOperator = useIsOperator();
  if (isOperator) return null;
  return (
    <Empty title={title}>
      {children} You are {session.name}, without the role Operator; any operator can give it to you.
    </Empty>
  );
}
