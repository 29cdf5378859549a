/** Numbers of devices in short: "0, 2–4". */
export function runsOf(numbers: readonly number[]): string {
  const runs: [from: number, to: number][] = [];
  for (const n of [...numbers].toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && n <= last[1] + 1) last[1] = n;
    else runs.push([n, n]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`)).join(", ");
}
