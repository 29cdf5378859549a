/** Search over everything that has an address (Ctrl K): a combobox with its list always open. */
import { useNavigate } from "@tanstack/react-router";
import { useState, type KeyboardEvent } from "react";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import { useIsOperator, useLive } from "../live/Live";
import css from "../ui/Dialog.module.css";
import { Icon } from "../ui/Icon";
import { find, type Found } from "./find";

export function SearchBox({ isOpen, onOpenChange }: { isOpen: boolean; onOpenChange: (isOpen: boolean) => void }) {
  return (
    <ModalOverlay className={css.scrim} isOpen={isOpen} onOpenChange={onOpenChange} isDismissable>
      <Modal className={css.modal}>
        <Dialog className={css.dialog} aria-label="Search or go to">
          <Finder close={() => onOpenChange(false)} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Finder({ close }: { close: () => void }) {
  const { store } = useLive();
  const isOperator = useIsOperator();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const found = find(text, {
    nodes: store.nodes.values(),
    devices: store.devices.values(),
    jobs: store.jobs.values(),
    isOperator,
  });
  const at = Math.min(active, found.length - 1);

  const go = (item: Found | undefined) => {
    if (!item) return;
    close();
    void navigate({ to: item.to, search: item.search ?? {} } as never);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setActive(Math.min(at + 1, found.length - 1));
    else if (event.key === "ArrowUp") setActive(Math.max(at - 1, 0));
    else if (event.key === "Enter") go(found[at]);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <input
        className={css.input}
        value={text}
        onChange={(event) => { setText(event.target.value); setActive(0); }}
        onKeyDown={onKeyDown}
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls="found"
        aria-activedescendant={at >= 0 ? `found-${at}` : undefined}
        aria-label="Node, GPU, UUID, job or screen"
        placeholder="Node, GPU, UUID, job or screen"
        spellCheck={false}
      />
      <div className={css.list} role="listbox" id="found" aria-label="Found">
        {found.map((item, i) => (
          // The keyboard works from the input (aria-activedescendant).
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div key={item.key} id={`found-${i}`} role="option" aria-selected={i === at} tabIndex={-1} className={css.option}
            onPointerMove={() => setActive(i)} onClick={() => go(item)}>
            <Icon name={item.icon} /> <b>{item.title}</b> <span>{item.note}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className={css.none} role="status">Nothing here is called “{text}”.</p>}
    </>
  );
}
