/**
 * Lays any number of sections (pools) and node blocks into a rectangle: the largest cells that fit,
 * sections side by side on shelves, blocks filled column by column. Where even the smallest cells do
 * not fit, the height grows and the screen scrolls.
 */
export interface SectionSize {
  blocks: number;
  /** Cells across and down in one block (a node of eight is 4 x 2). */
  columns: number;
  rows: number;
  /** Room that the heading needs, px. */
  titleWidth: number;
}

export interface Placed {
  x: number;
  y: number;
  /** Blocks that stand on one another before the next column begins. */
  blocksHigh: number;
}

export interface Packing {
  cell: number;
  height: number;
  sections: Placed[];
}

export const GAP = 1;
export const TITLE_HEIGHT = 20;
const BLOCK_GAP = 6;
const SECTION_GAP = 28;
const SHELF_GAP = 10;
const CELLS = [13, 12, 11, 10, 9, 8, 7, 6, 5, 4];
/** Below this a screen is narrow: cells keep the size of a finger's tip and the map grows downwards. */
const NARROW = 640;

export const extent = (cells: number, cell: number): number => cells * (cell + GAP) - GAP;
export const step = (cells: number, cell: number): number => extent(cells, cell) + BLOCK_GAP;

export function pack(sections: readonly SectionSize[], width: number, height: number): Packing {
  if (width >= NARROW) {
    for (const cell of CELLS) {
      for (let shelves = 1; shelves <= sections.length; shelves++) {
        const packing = onShelves(sections, width, height, cell, shelves);
        if (packing !== null) return packing;
      }
    }
  }
  return stacked(sections, width, width < NARROW ? CELLS[0] : CELLS[CELLS.length - 1]);
}

function onShelves(sections: readonly SectionSize[], width: number, height: number, cell: number, shelves: number): Packing | null {
  const tallest = Math.max(...sections.map((section) => step(section.rows, cell)));
  const room = height - shelves * TITLE_HEIGHT - (shelves - 1) * SHELF_GAP + shelves * BLOCK_GAP;
  const rows = Math.floor(room / tallest);
  if (rows < shelves) return null;
  const placed: Placed[] = [];
  let shelf = 0;
  let x = 0;
  let y = 0;
  const shelfHeight = (i: number) => (Math.floor(rows / shelves) + (i < rows % shelves ? 1 : 0)) * tallest;
  for (const section of sections) {
    let fit = measure(section, cell, shelfHeight(shelf));
    if (x > 0 && x + fit.width > width) {
      y += TITLE_HEIGHT + shelfHeight(shelf) - BLOCK_GAP + SHELF_GAP;
      shelf++;
      x = 0;
      if (shelf === shelves) return null;
      fit = measure(section, cell, shelfHeight(shelf));
    }
    if (fit.width > width) return null;
    placed.push({ x, y, blocksHigh: fit.blocksHigh });
    x += fit.width + SECTION_GAP;
  }
  return { cell, sections: placed, height: bottom(sections, placed, cell) };
}

function measure(section: SectionSize, cell: number, shelfHeight: number): { width: number; blocksHigh: number } {
  const blocksHigh = Math.max(1, Math.floor(shelfHeight / step(section.rows, cell)));
  const across = Math.ceil(section.blocks / blocksHigh);
  const width = across * step(section.columns, cell) - BLOCK_GAP;
  return { width: Math.max(width, section.titleWidth), blocksHigh };
}

function stacked(sections: readonly SectionSize[], width: number, cell: number): Packing {
  const placed: Placed[] = [];
  let y = 0;
  for (const section of sections) {
    const across = Math.max(1, Math.floor((width + BLOCK_GAP) / step(section.columns, cell)));
    const blocksHigh = Math.max(1, Math.ceil(section.blocks / across));
    placed.push({ x: 0, y, blocksHigh });
    y += TITLE_HEIGHT + blocksHigh * step(section.rows, cell) - BLOCK_GAP + SHELF_GAP;
  }
  return { cell, sections: placed, height: bottom(sections, placed, cell) };
}

function bottom(sections: readonly SectionSize[], placed: readonly Placed[], cell: number): number {
  return Math.max(0, ...placed.map((p, i) => {
    const high = Math.min(p.blocksHigh, sections[i].blocks);
    return p.y + TITLE_HEIGHT + high * step(sections[i].rows, cell) - BLOCK_GAP;
  }));
}
