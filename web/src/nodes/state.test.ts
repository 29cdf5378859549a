import { expect, it } from "vitest";
import type { NodeInfo } from "../live/documents";
import { stateWords } from "./state";

const reason = (title: string) => ({ code: "XID", level: "CRITICAL", title });
const node = (more: object): NodeInfo => ({ state: "READY", isStale: false, cordon: null, health: { level: "OK", reasons: [] }, ...more }) as unknown as NodeInfo;

it("says the fault first, then why it is out of service, then its state", () => {
  const faults = { level: "CRITICAL", reasons: [reason("Xid 95, uncontained ECC error"), reason("Thermal slowdown")] };
  const cordon = { reason: "fan", since: "", by: null };
  expect(stateWords(node({}))).toBe("Ready");
  expect(stateWords(node({ cordon }))).toBe("Out of service: fan");
  expect(stateWords(node({ health: faults }))).toBe("Xid 95, uncontained ECC error (+1)");
  expect(stateWords(node({ cordon, health: faults }))).toBe("Xid 95, uncontained ECC error (+1)");
  expect(stateWords(node({ state: "STALE", isStale: true, health: { level: "UNKNOWN", reasons: [reason("No data")] } }))).toBe("Stale · No data");
});
