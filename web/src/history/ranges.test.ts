import { describe, expect, it } from "vitest";
import { evenStep, isWhole, moved, pointsFor, rangesOf, SHORTEST_SECONDS, wholeOf, within, zoomed } from "./ranges";

const WHOLE = { from: 1000, to: 4600 };

describe("zooming", () => {
  it("halves what is shown about its middle", () => {
    expect(zoomed(WHOLE, 0.5, WHOLE)).toEqual({ from: 1900, to: 3700 });
  });
  it("keeps the moment that it is about in its place", () => {
    expect(zoomed({ from: 2000, to: 3000 }, 0.5, WHOLE, 2200)).toEqual({ from: 2100, to: 2600 });
  });
  it("goes no further out than the whole, and stays in it", () => {
    expect(zoomed({ from: 1000, to: 1400 }, 2, WHOLE)).toEqual({ from: 1000, to: 1800 });
    expect(zoomed({ from: 1500, to: 4000 }, 2, WHOLE)).toEqual(WHOLE);
    expect(isWhole(zoomed({ from: 1500, to: 4000 }, 2, WHOLE), WHOLE)).toBe(true);
  });
  it("goes no further in than can be told apart", () => {
    const { from, to } = zoomed({ from: 2000, to: 2012 }, 0.5, WHOLE);
    expect(to - from).toBe(SHORTEST_SECONDS);
  });
  it("moves by half a screen and stops at the edges without becoming shorter", () => {
    expect(moved({ from: 2000, to: 3000 }, -0.5, WHOLE)).toEqual({ from: 1500, to: 2500 });
    expect(moved({ from: 1200, to: 2200 }, -0.5, WHOLE)).toEqual({ from: 1000, to: 2000 });
    expect(moved({ from: 3500, to: 4500 }, 0.5, WHOLE)).toEqual({ from: 3600, to: 4600 });
  });
  it("takes what was dragged beyond the edge as far as there is something", () => {
    expect(within({ from: 900, to: 950 }, WHOLE)).toEqual({ from: 1000, to: 1050 });
    expect(within({ from: 2000.4, to: 2001.2 }, WHOLE)).toEqual({ from: 2000, to: 2000 + SHORTEST_SECONDS });
  });
});

describe("buckets", () => {
  it.each([[900, 1], [3600, 3], [21_600, 20], [86_400, 120], [604_800, 600]])("of %i seconds are %i long, as the server makes them", (length, seconds) => {
    const points = pointsFor({ from: 1000, to: 1000 + length }, 1400);
    expect(points).toBeLessThanOrEqual(1400);
    expect(Math.ceil(length / points)).toBe(seconds); // resolvers/history.py
  });
  it("make rows of whole minutes, where they can", () => {
    expect(evenStep(61, 3)).toBe(120);
    expect(evenStep(59, 3)).toBe(60);
    expect(evenStep(9, 7)).toBe(14);
  });
});

describe("the whole", () => {
  it("is the range until now", () => {
    expect(wholeOf("1h", 10_000, null)).toEqual({ from: 6400, to: 10_000 });
  });
  it("reaches back to an older zoom that an address names", () => {
    expect(wholeOf("15m", 10_000, { from: 2000, to: 3000 })).toEqual({ from: 2000, to: 10_000 });
  });
  it("is never longer than is kept, unless a Prometheus server keeps more", () => {
    expect(rangesOf(false)).toEqual(["15m", "1h"]);
    expect(rangesOf(true)).toEqual(["15m", "1h", "6h", "24h", "7d"]);
  });
});
