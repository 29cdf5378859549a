/** A screen's title line and its width: every screen begins the same way. */
import { useEffect, type ReactNode } from "react";
import css from "./Screen.module.css";

interface ScreenProps {
  title: string;
  /** Before the title: where this screen hangs. */
  crumb?: ReactNode;
  /** After the title: a count, a state. */
  note?: ReactNode;
  aside?: ReactNode;
  /** The screen fills the height and scrolls inside itself. */
  isFilling?: boolean;
  children: ReactNode;
}

export function Screen({ title, crumb, note, aside, isFilling, children }: ScreenProps) {
  useEffect(() => {
    document.title = `${title} · Quartermaster`;
  }, [title]);
  return (
    <div className={isFilling ? css.filling : css.screen}>
      <div className={css.head}>
        {crumb !== undefined && <span className={css.crumb}>{crumb}</span>}
        <h1 className={css.title}>{title}</h1>
        {note !== undefined && <span className={css.note}>{note}</span>}
        {aside !== undefined && <div className={css.aside}>{aside}</div>}
      </div>
      {children}
    </div>
  );
}
