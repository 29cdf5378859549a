/** One thing to type or to choose, its name above it and what is wrong with it below. */
import type { ReactNode, Ref } from "react";
import { Button, FieldError, Input, Label, ListBox, ListBoxItem, Popover, Select, SelectValue, Text, TextArea, TextField } from "react-aria-components";
import css from "./Field.module.css";
import { Icon } from "./Icon";
import segments from "./Segments.module.css";

interface FieldProps {
  label: string;
  /** Beside the name, muted: "can wait". */
  note?: string;
  /** Under it: what it may be. */
  hint?: ReactNode;
  /** Under it, in place of the hint: what is wrong. */
  error?: ReactNode;
  className?: string;
}

interface TextProps extends FieldProps {
  value: string;
  onChange: (value: string) => void;
  isRequired?: boolean;
  autoFocus?: boolean;
  maxLength?: number;
  /** A password: not shown, and no browser offers to keep it. */
  isSecret?: boolean;
  /** Several lines. */
  isLong?: boolean;
  ref?: Ref<HTMLInputElement>;
}

export function TextEntry({ label, note, hint, error, className, value, onChange, isRequired, autoFocus, maxLength, isSecret, isLong, ref }: TextProps) {
  return (
    <TextField className={`${css.field} ${className ?? ""}`} value={value} onChange={onChange} isInvalid={error != null}
      validationBehavior="aria" autoComplete={isSecret ? "new-password" : "off"} {...(isSecret && { type: "password" })} {...(isRequired && { isRequired })} {...(autoFocus && { autoFocus })} {...(maxLength && { maxLength })}>
      <Label className={css.label}>{label} {note !== undefined && <span>{note}</span>}</Label>
      {isLong ? <TextArea className={css.long} rows={4} spellCheck={false} /> : <Input className={css.input} spellCheck={false} {...(ref && { ref })} />}
      <Below hint={hint} error={error} />
    </TextField>
  );
}

interface ChoiceProps<T extends string> extends FieldProps {
  value: T | null;
  onChange: (value: T) => void;
  /** One that is disabled says why in `more`. */
  options: readonly { id: T; words: string; more?: string; isDisabled?: boolean }[];
  placeholder?: string;
  isDisabled?: boolean;
}

export function ChoiceEntry<T extends string>({ label, note, hint, error, className, value, onChange, options, placeholder, isDisabled }: ChoiceProps<T>) {
  return (
    <Select className={`${css.field} ${className ?? ""}`} value={value} onChange={(key) => key !== null && onChange(key as T)} isInvalid={error != null}
      validationBehavior="aria" {...(placeholder !== undefined && { placeholder })} {...(isDisabled && { isDisabled })}>
      <Label className={css.label}>{label} {note !== undefined && <span>{note}</span>}</Label>
      <Button className={css.select}><SelectValue className={css.chosen}>{({ selectedText, defaultChildren }) => selectedText || defaultChildren}</SelectValue><Icon name="chevronDown" /></Button>
      <Below hint={hint} error={error} />
      <Popover className={segments.popover}>
        <ListBox className={segments.list}>
          {options.map(({ id, words, more, isDisabled: isOff }) => (
            <ListBoxItem key={id} id={id} textValue={words} className={segments.option} {...(isOff && { isDisabled: true })}>{words}{more !== undefined && <span className={css.more}>{more}</span>}</ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}

function Below({ hint, error }: { hint?: ReactNode; error?: ReactNode }) {
  return (
    <>
      <FieldError className={css.error}>{error}</FieldError>
      {error == null && hint != null && <Text slot="description" className={css.hint}>{hint}</Text>}
    </>
  );
}
