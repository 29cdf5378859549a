/** How tall a person wants rows, kept on this browser. */
import { useState } from "react";

const HEIGHTS = { compact: 26, normal: 32, comfortable: 40 };
export type Density = keyof typeof HEIGHTS;
const KEY = "row-height";

function read(): Density {
  try {
    const kept = localStorage.getItem(KEY);
    return kept !== null && kept in HEIGHTS ? (kept as Density) : "normal";
  } catch {
    return "normal";
  }
}

export function useRowHeight(): [Density, (density: Density) => void, number] {
  const [density, setDensity] = useState(read);
  const change = (next: Density) => {
    setDensity(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  };
  return [density, change, HEIGHTS[density]];
}
