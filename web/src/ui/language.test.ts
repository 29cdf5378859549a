import { expect, it } from "vitest";
import { nameLanguage } from "./language";

it.each([
  ["en-US@posix", "en-GB"],
  ["", "en-GB"],
  ["de-CH", "de-CH"],
])("a browser that calls its language %j is one of %s", (language, name) => {
  const browser = { language };
  nameLanguage(browser);
  expect(browser.language).toBe(name);
});
