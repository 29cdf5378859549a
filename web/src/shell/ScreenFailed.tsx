/** In the place of a screen that failed; the frame round it, and the other screens, go on. */
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useReloadWhenBack } from "../session/useReloadWhenBack";
import { Action } from "../ui/Action";
import { Empty } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { CodeMissing } from "./code";

export function ScreenFailed({ error }: ErrorComponentProps) {
  const isMissing = error instanceof CodeMissing;
  useReloadWhenBack(isMissing);
  return (
    <Screen title="This screen could not be shown">
      <div role="alert">
        <Empty
          title={isMissing ? "Its code could not be fetched" : "This page failed"}
          action={<Action onPress={() => window.location.reload()}>Load the page anew</Action>}
        >
          {isMissing
            ? "It comes by itself when the server answers."
            : `It said: “${error instanceof Error ? error.message : String(error)}”.`}{" "}
          The other screens go on.
        </Empty>
      </div>
    </Screen>
  );
}
