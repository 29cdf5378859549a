/** Copying text, also where a browser keeps its clipboard from the page: over plain HTTP. */
import { useState } from "react";

/** Beside what could not be copied. */
export const NOT_COPIED = "Not copied: select it and press Ctrl C";

export type CopyState = "ready" | "copied" | "failed";

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByCommand(text);
  }
}

/** Whatever is selected: what the command copies is `text`. */
function copyByCommand(text: string): boolean {
  let isGiven = false;
  const give = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
    isGiven = true;
  };
  document.addEventListener("copy", give, true);
  // Deprecated, and the only way that needs no secure context.
  const isDone = document.execCommand("copy");
  document.removeEventListener("copy", give, true);
  return isDone && isGiven;
}

export function useCopy(text: string): { state: CopyState; copy: () => void } {
  const [state, setState] = useState<CopyState>("ready");
  return { state, copy: () => void copyText(text).then((isCopied) => setState(isCopied ? "copied" : "failed")) };
}
