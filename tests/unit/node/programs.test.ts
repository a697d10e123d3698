import { expect } from "chai";
import type { InjectPlan } from "../../../provider/model/wire/session-protocol.ts";
import { FakeNodes } from "../../fakes/node.ts";

/** Most of a node's time for a new NIC is taken by starting programs, so their number must not grow unnoticed. */
const cases: { what: string; plan: Partial<InjectPlan>; programs: readonly string[] }[] = [
  { what: "that is made in the pod", plan: { placement: "direct" }, programs: ["ip", "ip", "sysctl"] },
  { what: "that is moved into the pod", plan: { placement: "moved" }, programs: ["ip", "ip", "ip", "sysctl"] },
  {
    what: "whose address is probed",
    plan: { duplicateAddressDetection: true },
    programs: ["arping", "arping", "arping", "ip", "ip", "ip", "ip", "sysctl"],
  },
];

describe("the programs for a new NIC", () => {
  let nodes: FakeNodes;
  before(async () => {
    nodes = await FakeNodes.open();
  });
  after(() => nodes.close());

  for (const { what, plan, programs } of cases)
    it(`${what} are few, and none of them only reads the result`, async () => {
      const node = nodes.add("macvlan");
      const { interface: live } = await node.inject(plan);
      expect(live).to.deep.include({ addresses: node.plan.addresses, mac: node.plan.mac, up: true });
      const { started } = node.programs;
      const firstChange = started.findIndex((line) => line.includes("-batch"));
      // Before the first change, the links of the node and of the pod are read.
      expect(started.slice(0, firstChange).every((line) => line.endsWith("address show"))).to.equal(true);
      const words = started.slice(firstChange).map((line) => /\b(ip|sysctl|arping)\b/.exec(line)?.[0]);
      expect(words.sort()).to.deep.equal(programs);
    });
});
