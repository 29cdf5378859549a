/** How the lines of one chart are told apart: four tones, solid first and dashed after, and a number each. */
export interface Tone {
  /** A custom property of the theme. */
  colour: string;
  dash: number[];
  number: number;
}

const COLOURS = ["tone-1", "tone-2", "tone-3", "tone-4"];
const DASHES = [[], [5, 3]];

export const toneOf = (place: number): Tone => ({
  colour: COLOURS[place % COLOURS.length],
  dash: DASHES[Math.floor(place / COLOURS.length) % DASHES.length],
  number: place + 1,
});
