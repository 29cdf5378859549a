import { expect, it } from "vitest";
import { extent, pack, step, TITLE_HEIGHT, type SectionSize } from "./packing";

const section = (blocks: number): SectionSize => ({ blocks, columns: 4, rows: 2, titleWidth: 120 });

const CASES: [string, SectionSize[]][] = [
  ["one pool of 125 nodes", [section(125)]],
  ["six pools", [40, 32, 24, 12, 5, 12].map(section)],
  ["a hundred pools of one node", Array.from({ length: 100 }, () => section(1))],
  ["one node", [section(1)]],
  ["1,250 nodes", [section(1250)]],
  ["cards without neighbours", Array.from({ length: 30 }, () => ({ blocks: 3, columns: 1, rows: 1, titleWidth: 90 }))],
];

it.each(CASES)("places %s inside the width, no two on one another", (_, sections) => {
  for (const width of [320, 900, 1140]) {
    const packing = pack(sections, width, 296);
    const boxes = packing.sections.map(({ x, y, blocksHigh }, i) => {
      const { blocks, columns, rows } = sections[i];
      const across = Math.ceil(blocks / blocksHigh);
      const right = x + (across - 1) * step(columns, packing.cell) + extent(columns, packing.cell);
      return { x, y, right, bottom: y + TITLE_HEIGHT + blocksHigh * step(rows, packing.cell) };
    });
    expect(packing.sections).toHaveLength(sections.length);
    for (const [i, a] of boxes.entries()) {
      expect(a.right).toBeLessThanOrEqual(width);
      for (const b of boxes.slice(i + 1)) {
        expect(a.right <= b.x || b.right <= a.x || a.bottom - 6 <= b.y || b.bottom - 6 <= a.y).toBe(true);
      }
    }
  }
});
