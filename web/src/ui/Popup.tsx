/**
 * A dialog over the screen: head 48, foot 56, the middle scrolls. The keyboard stays inside, Escape
 * closes, and the focus goes back to where it was. What was typed is not lost by a press beside it.
 */
import type { FormEvent, ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Action } from "./Action";
import { Icon } from "./Icon";
import css from "./Popup.module.css";

interface PopupProps {
  title: string;
  onClose: () => void;
  /** Narrow: a confirmation or a few fields; wide: a picker; broad: as wide, and as high as what is in it. */
  size?: "narrow" | "middle" | "broad" | "wide";
  role?: "dialog" | "alertdialog";
  /** At the left of the foot: the sum in words, and the trouble. */
  sum?: ReactNode;
  /** At the right of the foot. */
  actions: ReactNode;
  /** Enter in a field submits. */
  onSubmit?: () => void;
  children: ReactNode;
}

export function Popup({ title, onClose, size = "narrow", role = "dialog", sum, actions, onSubmit, children }: PopupProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    onSubmit?.();
  };
  return (
    <ModalOverlay className={css.scrim} isOpen onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className={`${css.modal} ${css[size]}`}>
        <Dialog className={css.dialog} role={role}>
          <header className={css.head}>
            <Heading slot="title" className={css.title}>{title}</Heading>
            {role === "dialog" && <Action kind="icon" label="Close" onPress={onClose}><Icon name="close" /></Action>}
          </header>
          <form className={css.form} onSubmit={submit} noValidate>
            <div className={css.body}>{children}</div>
            <footer className={css.foot}>
              <div className={css.sum}>{sum}</div>
              <div className={css.actions}>{actions}</div>
            </footer>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
