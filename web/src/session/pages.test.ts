import { expect, it } from "vitest";
import { Pages } from "./usePages";

/** A log, newest first, read three at a time. */
class Log {
  readonly written: string[];
  readonly pages = new Pages<{ id: string }>((after) => {
    const start = after === null ? 0 : this.written.indexOf(after) + 1;
    const part = this.written.slice(start, start + 3);
    const page = {
      totalCount: this.written.length,
      pageInfo: { hasNextPage: start + 3 < this.written.length, endCursor: part.at(-1) ?? null },
      edges: part.map((id) => ({ node: { id } })),
    };
    return Promise.resolve({ page, error: undefined });
  });

  constructor(entries: string) {
    this.written = [...entries];
  }

  get shown(): string {
    return this.pages.items?.map((item) => item.id).join("") ?? "";
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

async function read(entries: string): Promise<Log> {
  const log = new Log(entries);
  log.pages.again();
  await settled();
  return log;
}

it("keeps what is new apart until it is shown, above all that was read", async () => {
  const log = await read("edcba");
  log.pages.more();
  await settled();
  log.written.unshift("g", "f");
  await log.pages.look();
  expect([log.shown, log.pages.newer, log.pages.total]).toEqual(["edcba", 2, 5]);
  log.pages.show();
  expect([log.shown, log.pages.newer, log.pages.total]).toEqual(["gfedcba", 0, 7]);
});

it("finds the place of an entry that was written late", async () => {
  const log = await read("eca");
  log.written.splice(1, 0, "d");
  await log.pages.look();
  log.pages.show();
  expect(log.shown).toBe("edca");
});

it("reads all anew when more has come than one look shows", async () => {
  const log = await read("cba");
  log.written.unshift("g", "f", "e", "d");
  await log.pages.look();
  expect(log.pages.newer).toBe(3);
  log.pages.show();
  await settled();
  expect([log.shown, log.pages.newer, log.pages.hasMore]).toEqual(["gfe", 0, true]);
});
