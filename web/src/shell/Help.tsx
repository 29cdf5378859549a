/** The keys, on "?". */
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Action } from "../ui/Action";
import { Icon } from "../ui/Icon";
import css from "../ui/Dialog.module.css";
import { SHORTCUTS } from "./shortcuts";

export function Help({ isOpen, onOpenChange }: { isOpen: boolean; onOpenChange: (isOpen: boolean) => void }) {
  return (
    <ModalOverlay className={css.scrim} isOpen={isOpen} onOpenChange={onOpenChange} isDismissable>
      <Modal className={css.modal}>
        <Dialog className={css.dialog}>
          <header className={css.head}>
            <Heading slot="title" className={css.title}>Keys</Heading>
            <Action kind="icon" label="Close" onPress={() => onOpenChange(false)}><Icon name="close" /></Action>
          </header>
          <dl className={css.keys}>
            {SHORTCUTS.map(([keys, what]) => (
              <div key={keys}><dt><kbd>{keys}</kbd></dt><dd>{what}</dd></div>
            ))}
          </dl>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
