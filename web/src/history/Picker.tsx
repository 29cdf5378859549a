/** Choosing from many by typing: what is chosen already, and what matches the words. */
import { useState, type ReactNode } from "react";
import { Button, Dialog, DialogTrigger, ListBox, ListBoxItem, Popover } from "react-aria-components";
import css from "./History.module.css";
import { Icon } from "../ui/Icon";

interface PickerProps {
  label: string;
  children: ReactNode;
  /** Undefined: few enough to be seen at once. */
  placeholder?: string;
  options: (words: string) => readonly { id: string; words: string; note?: string; isOff?: boolean }[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  /** Why no more can be chosen. */
  full?: string | undefined;
}

export function Picker({ label, children, placeholder, options, chosen, onChange, full }: PickerProps) {
  const [words, setWords] = useState("");
  return (
    <DialogTrigger onOpenChange={() => setWords("")}>
      <Button className={css.pick}>{children}</Button>
      <Popover className={css.popover} placement="bottom end">
        <Dialog aria-label={label} className={css.dialog}>
          {placeholder !== undefined && (
            <span className={css.words}>
              <Icon name="search" />
              <input aria-label={placeholder} placeholder={placeholder} value={words} autoFocus spellCheck={false} onChange={(event) => setWords(event.target.value)} />
            </span>
          )}
          <ListBox
            aria-label={label}
            className={css.list}
            selectionMode="multiple"
            escapeKeyBehavior="none"
            selectedKeys={chosen}
            onSelectionChange={(keys) => keys !== "all" && onChange([...chosen.filter((id) => keys.has(id)), ...[...keys].map(String).filter((id) => !chosen.includes(id))])}
            renderEmptyState={() => <p className={css.none}>Nothing here is called “{words}”.</p>}
          >
            {options(words).map(({ id, words: text, note, isOff }) => (
              <ListBoxItem key={id} id={id} textValue={text} className={css.option} {...(isOff && { isDisabled: true })}>
                <Icon name={chosen.includes(id) ? "check" : "none"} size={12} /> <b>{text}</b> {note !== undefined && <span>{note}</span>}
              </ListBoxItem>
            ))}
          </ListBox>
          {full !== undefined && <p className={css.full} role="status">{full}</p>}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
