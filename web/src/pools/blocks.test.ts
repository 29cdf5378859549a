import { describe, expect, it } from "vitest";
import type { DeviceInfo } from "../live/documents";
import { chooseForMe, countByType, givenOut, sectionsOf } from "./blocks";

let made = 0;

function device(hostName: string, index: number, { type = "H100", job = false, migParent = null as string | null } = {}): DeviceInfo {
  const id = `${hostName}/${index}/${made++}`;
  return {
    id, uuid: `GPU-${id}`, index, type: { id: type, name: type, product: type }, node: { id: hostName, hostName },
    pool: { id: "Default", name: "Default", isDefault: true },
    job: job ? { id: "job", name: "train", owner: "ada", startedAt: null } : null,
    migParent: migParent === null ? null : { id: migParent },
  } as unknown as DeviceInfo;
}

const node = (name: string, held: number, size = 8, type = "H100") =>
  Array.from({ length: size }, (_, i) => device(name, i, { job: i < held, type }));

describe("sectionsOf", () => {
  it("puts devices by type and node, in the order of names and places", () => {
    const sections = sectionsOf([...node("n10", 8), ...node("n9", 2), ...node("a1", 0, 4, "A100")]);
    expect(sections.map((section) => [section.type.name, section.devices, section.free])).toEqual([["H100", 16, 6], ["A100", 4, 4]]);
    expect(sections[0].blocks.map((block) => [block.hostName, block.free])).toEqual([["n9", 6], ["n10", 0]]);
  });

  it("leaves cards out that are cut into instances", () => {
    const card = device("n1", 0);
    const instance = device("n1", 0, { migParent: card.id, type: "H100 MIG 3g.40gb" });
    expect(givenOut([card, instance])).toEqual([instance]);
  });
});

describe("chooseForMe", () => {
  const blocks = sectionsOf([...node("n1", 2), ...node("n2", 0), ...node("n3", 0), ...node("n4", 5)])[0].blocks;
  const nodesOf = (ids: string[]) => {
    const counts: Record<string, number> = {};
    for (const id of ids) counts[id.split("/")[0]] = (counts[id.split("/")[0]] ?? 0) + 1;
    return counts;
  };

  it("takes whole nodes first", () => {
    expect(nodesOf(chooseForMe(blocks, 16))).toEqual({ n2: 8, n3: 8 });
  });

  it("takes the rest where it breaks no whole node", () => {
    expect(nodesOf(chooseForMe(blocks, 10))).toEqual({ n2: 8, n4: 2 });
    expect(nodesOf(chooseForMe(blocks, 5))).toEqual({ n1: 5 });
  });

  it("takes none that is out of service", () => {
    const [first, ...others] = node("n5", 0, 4);
    const [block] = sectionsOf([{ ...first, cordon: { reason: "fan", since: "", by: null, isOfNode: false } }, ...others])[0].blocks;
    expect(block.free).toBe(3);
    expect(chooseForMe([block], 4)).toEqual(others.map((one) => one.id));
  });

  it("takes all there are when too many are asked for, and none that is held", () => {
    const ids = chooseForMe(blocks, 100);
    expect(ids).toHaveLength(25);
    expect(new Set(ids).size).toBe(25);
  });
});

it("counts the chosen by type", () => {
  expect(countByType([...node("a", 0, 2, "A100"), ...node("b", 0, 3)]).map(({ name, count }) => `${count} × ${name}`)).toEqual(["3 × H100", "2 × A100"]);
});
