/** Everything that is pressed: buttons in their kinds, over react-aria's press handling. */
import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import css from "./Action.module.css";

interface ActionProps {
  kind?: "plain" | "primary" | "link" | "icon";
  /** The name for those who cannot see the icon. */
  label?: string;
  type?: "button" | "submit";
  isDisabled?: boolean;
  isPressedIn?: boolean;
  onPress?: () => void;
  className?: string;
  children: ReactNode;
}

export function Action({ kind = "plain", label, type = "button", isDisabled, isPressedIn, onPress, className, children }: ActionProps) {
  return (
    <Button
      className={`${css[kind]} ${className ?? ""}`}
      type={type}
      {...(label !== undefined && { "aria-label": label })}
      {...(isPressedIn !== undefined && { "aria-pressed": isPressedIn })}
      {...(isDisabled !== undefined && { isDisabled })}
      {...(onPress && { onPress })}
    >
      {children}
    </Button>
  );
}
