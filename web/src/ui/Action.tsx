/** Everything that is pressed: buttons in their kinds, over react-aria's press handling. */
import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import css from "./Action.module.css";

interface ActionProps {
  /** One primary per screen or popup; destructive only inside a confirmation. */
  kind?: "plain" | "primary" | "destructive" | "link" | "icon";
  isSmall?: boolean;
  /** The name for those who cannot see the icon. */
  label?: string;
  type?: "button" | "submit";
  isDisabled?: boolean;
  isPressedIn?: boolean;
  /** The id of what says why it is disabled, or what it will do. */
  describedBy?: string;
  autoFocus?: boolean;
  onPress?: () => void;
  className?: string;
  children: ReactNode;
}

export function Action({ kind = "plain", isSmall, label, type = "button", isDisabled, isPressedIn, describedBy, autoFocus, onPress, className, children }: ActionProps) {
  return (
    <Button
      className={`${css[kind]} ${isSmall ? css.small : ""} ${className ?? ""}`}
      type={type}
      {...(label !== undefined && { "aria-label": label })}
      {...(isPressedIn !== undefined && { "aria-pressed": isPressedIn })}
      {...(isDisabled !== undefined && { isDisabled })}
      {...(describedBy !== undefined && { "aria-describedby": describedBy })}
      {...(autoFocus && { autoFocus })}
      {...(onPress && { onPress })}
    >
      {children}
    </Button>
  );
}
