/** Before anything could be shown: the server does not answer. Tries again by itself. */
import { Action } from "../ui/Action";
import { Mark } from "../ui/Mark";
import css from "./SignIn.module.css";
import { AGAIN_AFTER_MS, useReloadWhenBack } from "./useReloadWhenBack";

export function Unreachable({ error }: { error: unknown }) {
  useReloadWhenBack();
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
