/** Before anything could be shown: the server does not answer. Tries again by itself. */
import { useEffect } from "react";
import { Action } from "../ui/Action";
import { Mark } from "../ui/Mark";
import css from "./SignIn.module.css";

const AGAIN_AFTER_MS = 3000;

export function Unreachable({ error }: { error: unknown }) {
  useEffect(() => {
    const timer = setTimeout(() => window.location.reload(), AGAIN_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main className={css.screen}>
      <div className={css.box} role="alert">
        <h1 className={css.title}><Mark level="CRITICAL" /> The server does not answer</h1>
        <p>{error instanceof Error ? error.message : ""} This page tries again every {AGAIN_AFTER_MS / 1000} seconds.</p>
        <Action kind="primary" onPress={() => window.location.reload()}>Try now</Action>
      </div>
    </main>
  );
}
