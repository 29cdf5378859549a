/**
 * Chromium on Linux calls its language "en-US@posix" where LANG is C, and `Intl` refuses that name:
 * libraries that hand `navigator.language` to it (uPlot, when it is loaded) would throw.
 */
export function nameLanguage(browser: { readonly language: string }): void {
  try {
    Intl.getCanonicalLocales(browser.language);
  } catch {
    Object.defineProperty(browser, "language", { value: "en-GB", configurable: true });
  }
}
