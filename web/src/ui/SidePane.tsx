/** What is beside a list: the detail of one row, with a way to close it. */
import { useEffect, type ReactNode } from "react";
import { Action } from "./Action";
import { Icon } from "./Icon";
import css from "./Pane.module.css";

interface SidePaneProps {
  label: string;
  title: ReactNode;
  /** Lines under the title, small and muted. */
  sub?: readonly ReactNode[];
  /** Before the button that closes it. */
  tools?: ReactNode;
  close: () => void;
  testId?: string;
  children: ReactNode;
}

export function SidePane({ label, title, sub = [], tools, close, testId, children }: SidePaneProps) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && !event.defaultPrevented && close();
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [close]);
  return (
    <aside className={css.pane} aria-label={label} data-testid={testId}>
      <header className={css.head}>
        <div>
          <h2 className={css.title}>{title}</h2>
          {sub.map((line, i) => <p key={i} className={css.sub}>{line}</p>)}
        </div>
        <div className={css.tools}>
          {tools}
          <Action kind="icon" label="Close" onPress={close}><Icon name="close" /></Action>
        </div>
      </header>
      {children}
    </aside>
  );
}
