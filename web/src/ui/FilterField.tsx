/** Words to filter a list by; "/" goes there. */
import { useState } from "react";
import css from "./FilterField.module.css";
import { Icon } from "./Icon";

interface FilterFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  onTyping?: (isTyping: boolean) => void;
}

export function FilterField({ label, value, onChange, onTyping }: FilterFieldProps) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    setKnown(value);
    setText(value);
  }
  return (
    <span className={css.words}>
      <Icon name="search" />
      <input
        data-filter-input
        aria-label={label}
        placeholder={`${label}…`}
        value={text}
        spellCheck={false}
        onChange={(event) => {
          const trimmed = event.target.value.trim();
          setText(event.target.value);
          setKnown(trimmed);
          onChange(trimmed);
        }}
        onFocus={() => onTyping?.(true)}
        onBlur={() => onTyping?.(false)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      <kbd>/</kbd>
    </span>
  );
}
