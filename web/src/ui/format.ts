/** Numbers and times as people read them. Unknown is always "n/a", never 0. */
export const UNKNOWN = "n/a";

const GIB = 1024 ** 3;
const integer = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const moment = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});

type Maybe = number | null | undefined;

const isKnown = (value: Maybe): value is number => value != null && !Number.isNaN(value);

export const count = (value: Maybe): string => (isKnown(value) ? integer.format(value) : UNKNOWN);
export const percent = (value: Maybe): string => (isKnown(value) ? `${Math.round(value)} %` : UNKNOWN);
export const gib = (bytes: Maybe): string => (isKnown(bytes) ? one.format(bytes / GIB) : UNKNOWN);
export const wholeGib = (bytes: Maybe): string => (isKnown(bytes) ? integer.format(bytes / GIB) : UNKNOWN);
export const celsius = (value: Maybe): string => (isKnown(value) ? `${Math.round(value)} °C` : UNKNOWN);
export const share = (part: Maybe, whole: Maybe): number | null =>
  isKnown(part) && isKnown(whole) && whole > 0 ? (100 * part) / whole : null;

/** "42.2 / 71.7 TiB": both in the unit that suits the whole. */
export function ofBytes(used: Maybe, total: Maybe): string {
  if (!isKnown(total)) return UNKNOWN;
  const [unit, size] = total >= 1024 * GIB ? ["TiB", 1024 * GIB] : ["GiB", GIB];
  const part = isKnown(used) ? one.format(used / (size as number)) : UNKNOWN;
  return `${part} / ${one.format(total / (size as number))} ${unit}`;
}

export function watts(value: Maybe): string {
  if (!isKnown(value)) return UNKNOWN;
  return value >= 10_000 ? `${integer.format(value / 1000)} kW` : value >= 1000 ? `${one.format(value / 1000)} kW` : `${integer.format(value)} W`;
}

/** "41 s", "19 min", "6 h 20", "12 d 4 h". */
export function duration(ms: Maybe): string {
  if (!isKnown(ms)) return UNKNOWN;
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return min % 60 === 0 ? `${h} h` : `${h} h ${String(min % 60).padStart(2, "0")}`;
  const d = Math.floor(h / 24);
  return h % 24 === 0 ? `${d} d` : `${d} d ${h % 24} h`;
}

export function since(time: string | null | undefined, nowMs: number): string {
  return time == null ? UNKNOWN : duration(nowMs - Date.parse(time));
}

export const timeOfDay = (time: string | number | null | undefined): string =>
  time == null ? UNKNOWN : clock.format(new Date(time));

/** The time today, the date before that. */
export function when(time: string | null | undefined, nowMs: number): string {
  if (time == null) return UNKNOWN;
  const at = new Date(time);
  return nowMs - at.getTime() < 86_400_000 ? clock.format(at) : day.format(at);
}

export const fullMoment = (ms: number): string => moment.format(new Date(ms));

/** "NVIDIA H100 80GB HBM3" reads as "H100 80GB HBM3": the vendor says nothing in a list. */
export const shortType = (name: string): string => name.replace(/^NVIDIA\s+/, "");

export const gpu = (device: { index: number; migProfile?: string | null }): string =>
  device.migProfile ? `GPU ${device.index} (MIG ${device.migProfile})` : `GPU ${device.index}`;

export const plural = (n: number, word: string): string => `${count(n)} ${word}${n === 1 ? "" : "s"}`;
