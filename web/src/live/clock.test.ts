import { expect, it } from "vitest";
import { ServerClock } from "./clock";

it("tells ages by the server's clock, however wrong this machine's is", () => {
  const clock = new ServerClock();
  const wrongBy = 3_600_000;
  clock.observe(1000, 1000 + wrongBy + 80); // 80 ms on the way
  clock.observe(2000, 2000 + wrongBy + 20);
  expect(clock.ageMs(2000, 7020 + wrongBy)).toBe(5000);
  expect(clock.ageMs(9000, 7020 + wrongBy)).toBe(0);
});
