/** Moves the focus to something that is about to appear: the row that a popup made, once it has closed. */
const WITHIN_MS = 5000;

export function focusWhenThere(selector: string): void {
  const until = performance.now() + WITHIN_MS;
  const look = () => {
    const element = document.querySelector<HTMLElement>(selector);
    const isReachable = element !== null && document.querySelector("[role=dialog], [role=alertdialog]") === null;
    if (isReachable) {
      element.focus();
      if (document.activeElement === element) return;
    }
    if (performance.now() < until) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
