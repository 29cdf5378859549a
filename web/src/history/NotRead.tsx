/** Under charts that go on without what was before: why, and a way to ask again at once. */
import type { Recording } from "../live/recording";
import { Action } from "../ui/Action";
import css from "./NotRead.module.css";

export function NotRead({ recording: { failure, retry } }: { recording: Recording }) {
  if (failure === null) return null;
  return (
    <p className={css.note} role="alert">
      What was before this page was opened could not be read: “{failure.message}” <Action kind="link" onPress={retry}>Retry</Action>
    </p>
  );
}
