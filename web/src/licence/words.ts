/** What a licence says, in words. */
import { count, plural } from "../ui/format";
import type { LicenceInfo } from "./live";

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });

export const dayOf = (time: string): string => day.format(new Date(time));

/** "until 24 December 2027, 394 days left". */
export function validityWords({ expiresAt, daysLeft, state }: LicenceInfo): string {
  if (expiresAt == null) return "without an end";
  if (state === "EXPIRED") return `ran out on ${dayOf(expiresAt)}`;
  return `until ${dayOf(expiresAt)}, ${(daysLeft ?? 0) <= 1 ? "less than a day" : plural(daysLeft ?? 0, "day")} left`;
}

/** "1,000 of 1,200". */
export function deviceWords({ devices, deviceLimit }: LicenceInfo): string {
  return deviceLimit == null ? `${count(devices)}, no limit` : `${count(devices)} of ${count(deviceLimit)}`;
}
