/** Which bucket the pointed moment is in, and its words. */
import { timeOfDay } from "../ui/format";
import { lengthIn, type History } from "./model";

/** The bucket of a moment; the newest of all when nobody points. */
export function placeOf(history: History, time: number | null): number {
  const last = lengthIn(history) - 1;
  return time === null ? last : Math.min(last, Math.max(0, Math.floor((time - history.start) / history.bucketSeconds)));
}

const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
const DAY_SECONDS = 86_400;

/** "13:04:20 to 13:04:24", with the day where it may be another one than today. */
export function spanWords(history: History, from: number, to: number): string {
  const isLong = lengthIn(history) * history.bucketSeconds > DAY_SECONDS / 2 || Date.now() / 1000 - from > DAY_SECONDS / 2;
  const words = (second: number) => `${isLong ? `${day.format(second * 1000)} ` : ""}${timeOfDay(second * 1000)}`;
  return to - from <= 1 ? words(from) : `${words(from)} to ${isLong && to - from < DAY_SECONDS / 2 ? timeOfDay(to * 1000) : words(to)}`;
}

export function timeWords(history: History, place: number, time: number | null): string {
  const from = history.start + place * history.bucketSeconds;
  return `${time === null ? "Newest, " : "At "}${spanWords(history, from, from + history.bucketSeconds)}`;
}
