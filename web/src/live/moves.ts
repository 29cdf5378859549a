/**
 * How many rows would change place if a frozen list were sorted again: those that come or go, and of
 * the rest the fewest that must move (all but a longest run that is in order already).
 */
export function wouldMove(shown: readonly string[], fresh: readonly string[]): number {
  const placeOf = new Map(shown.map((id, i) => [id, i]));
  const places: number[] = [];
  for (const id of fresh) {
    const place = placeOf.get(id);
    if (place !== undefined) places.push(place);
  }
  const come = fresh.length - places.length;
  const go = shown.length - places.length;
  return come + go + places.length - longestRun(places);
}

/** Those of `fresh` that are not shown yet, in the order of `fresh`. */
export function newcomers(shown: readonly string[], fresh: readonly string[]): string[] {
  const known = new Set(shown);
  return fresh.filter((id) => !known.has(id));
}

function longestRun(places: readonly number[]): number {
  const tails: number[] = [];
  for (const place of places) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tails[middle] < place) low = middle + 1;
      else high = middle;
    }
    tails[low] = place;
  }
  return tails.length;
}
