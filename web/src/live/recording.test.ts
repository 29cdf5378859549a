import { expect, it, vi } from "vitest";
import { Recording, type ReadKept } from "./recording";

const USED = "UTILISATION_PERCENT";
const settled = () => new Promise((resolve) => { setTimeout(resolve); });

function recording(read: ReadKept) {
  const one = new Recording(["a"], [USED], read);
  return {
    one,
    hear: (second: number, value: number) => one.take(second, () => value),
    read: (from: number, to: number) => Array.from({ length: to - from }, (_, i) => one.track("a", USED)!.at(from + i)),
  };
}

/** A server that knows this number of every second, and of `unknown` none. */
const server = (value: number, unknown: readonly number[] = []) =>
  vi.fn<ReadKept>((ids, metrics, since, until) => Promise.resolve({
    kept: ids.flatMap((deviceId) => metrics.map((metric) => ({
      deviceId, metric, start: since, bucketSeconds: 1,
      means: Array.from({ length: until - 2 - since }, (_, i) => (unknown.includes(since + i) ? null : value)),
    }))),
  }));

it("asks once for the last hour, and goes on by what is pushed", async () => {
  const read = server(5);
  const { one, hear, read: values } = recording(read);
  for (const second of [10_000, 10_001, 10_002]) hear(second, 7);
  await settled();
  expect(read.mock.calls.map(([, , since, until]) => [since, until])).toEqual([[6_401, 10_000]]);
  expect(one.isFilled).toBe(true);
  expect(values(9_996, 10_004)).toEqual([5, 5, 5, 5, 7, 7, 7, Number.NaN]);
});

it("asks again for the stretch that was missed, and only for that", async () => {
  const read = server(5, [10_050]);
  const { hear, read: values } = recording(read);
  hear(10_000, 7);
  await settled();
  hear(10_100, 8);
  await settled();
  expect(read.mock.calls.map(([, , since, until]) => [since, until])).toEqual([[6_401, 10_000], [10_000, 10_100]]);
  expect(values(10_048, 10_053)).toEqual([5, 5, Number.NaN, 5, 5]);
  expect(values(10_096, 10_101)).toEqual([5, 5, 5, 5, 8]);
});

it("says what the server said, and asks for the same again when it is told to", async () => {
  const read = vi.fn<ReadKept>().mockResolvedValueOnce({ failure: { message: "away", requestId: null } }).mockImplementation(server(5));
  const { one, hear, read: values } = recording(read);
  hear(10_000, 7);
  await settled();
  expect(one.failure?.message).toBe("away");
  hear(10_001, 7);
  one.retry();
  await settled();
  expect(one.failure).toBeNull();
  expect(read.mock.calls[1].slice(2)).toEqual([6_401, 10_000]);
  expect(values(9_990, 9_992)).toEqual([5, 5]);
});

it("asks again by itself some time after a failure", async () => {
  const read = vi.fn<ReadKept>().mockResolvedValueOnce({ failure: { message: "away", requestId: null } }).mockImplementation(server(5));
  const { one, hear } = recording(read);
  for (let second = 10_000; second < 10_015; second++) {
    hear(second, 7);
    await settled();
  }
  expect(read).toHaveBeenCalledTimes(1);
  hear(10_015, 7);
  await settled();
  expect(read).toHaveBeenCalledTimes(2);
  expect(one.failure).toBeNull();
});

it("forgets an answer that comes when nobody looks any more", async () => {
  const { one, hear, read: values } = recording(server(5));
  hear(10_000, 7);
  one.stop();
  await settled();
  expect(values(9_990, 9_992)).toEqual([Number.NaN, Number.NaN]);
});
