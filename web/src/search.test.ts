import { expect, it } from "vitest";
import { readDeviceSearch } from "./devices/filters";
import { parseSearch, stringifySearch } from "./search";

it("writes filters so that they can be read, and reads them back", () => {
  const search = { health: ["CRITICAL", "WARNING"], q: "h100 r04", pool: ["a&b"] };
  const text = stringifySearch(search);
  expect(text).toBe("?health=CRITICAL&health=WARNING&q=h100+r04&pool=a%26b");
  expect(readDeviceSearch(parseSearch(text))).toMatchObject(search);
});

it("leaves out of an address what is no filter", () => {
  const search = readDeviceSearch(parseSearch("?health=BAD&state=NOPE&q=&other=1"));
  expect(search.health).toBeUndefined();
  expect(search.state).toBeUndefined();
  expect(search.q).toBeUndefined();
});
