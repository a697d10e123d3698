import { expect } from "chai";
import { unknownValue } from "../../../../provider/model/schema/known.ts";
import { parseSetDefinition } from "../../../../provider/model/vnic-set/definition.ts";

const inputs = {
  name: "shop-wires",
  namespace: "shop",
  selector: { app: "db" },
  template: { network: { parent: "eth1" } },
  addresses: [{ cidr: "192.168.50.0/24", from: "192.168.50.10", to: "192.168.50.40" }],
};

function complaints(changes: object): string[] {
  const parsed = parseSetDefinition({ ...inputs, ...changes });
  return "problems" in parsed ? parsed.problems.map(({ property, reason }) => `${property}: ${reason}`) : [];
}

describe("the definition of a VnicSet", () => {
  it("has every default, and one interface name for all pods", () =>
    expect(parseSetDefinition(inputs)).to.deep.equal({
      definition: {
        ...inputs,
        template: { network: { mode: "macvlan", parent: "eth1" }, interfaceName: "net187532" },
        deadlines: { createSeconds: 120, updateSeconds: 120, deleteSeconds: 120 },
      },
    }));

  it("is the same when it is parsed again", () => {
    const first = parseSetDefinition({ ...inputs, workload: { kind: "StatefulSet", name: "db" }, selector: undefined });
    expect("definition" in first && parseSetDefinition(first.definition)).to.deep.equal(first);
  });

  it("accepts unknown values", () => {
    for (const property of ["name", "namespace", "selector", "template", "addresses", "labels"])
      expect(complaints({ [property]: unknownValue }), property).to.deep.equal([]);
    expect(complaints({ template: { network: { parent: unknownValue }, mtu: unknownValue } })).to.deep.equal([]);
    expect(complaints({ addresses: [{ cidr: unknownValue }, unknownValue] })).to.deep.equal([]);
  });

  it("needs no addresses with a Network that is named", () =>
    expect(complaints({ template: { network: { name: "lan" } }, addresses: undefined })).to.deep.equal([]));

  const refused: [changes: object, complaint: string | RegExp][] = [
    [{ name: "x".repeat(53) }, /^name: "x+" is longer than the 52 characters of a VnicSet's name/],
    [{ selector: undefined }, "selector: is missing; give the pods' labels, or name their workload"],
    [{ selector: {} }, /^selector: is empty, which would mean every pod of the namespace/],
    [
      { workload: { kind: "Deployment", name: "web" } },
      "workload: can't be given beside selector; remove one of the two",
    ],
    [
      { selector: undefined, workload: { kind: "Job", name: "web" } },
      `workload.kind: "Job" is not a kind of workload; use Deployment, StatefulSet, DaemonSet`,
    ],
    [{ template: undefined }, "template: is missing"],
    [{ template: { network: {} } }, "template.network.parent: is missing"],
    [{ template: { ...inputs.template, mtu: 12 } }, /^template.mtu: 12 is below 68/],
    [
      { template: { network: { parent: "eth1", mode: "host-device" }, placement: "direct" } },
      /^template.placement: "direct" can't be used with mode "host-device"/,
    ],
    [{ template: { ...inputs.template, mac: "02:00:00:00:00:01" } }, "template.mac: is each Vnic's own; remove it"],
    [{ template: { ...inputs.template, deadlines: {} } }, "template.deadlines: belongs to the set itself; remove it"],
    [{ template: { ...inputs.template, mode: "x" } }, /^template.mode: is not a property of a Vnic/],
    [{ template: { ...inputs.template, interfaceName: "eth0" } }, /^template.interfaceName: "eth0" is reserved/],
    [{ addresses: [] }, "addresses: is empty; give a range, or leave it out"],
    [{ addresses: [{ cidr: "10.0.0.0/99" }] }, /^addresses\[0\].cidr: "10.0.0.0\/99" is not a subnet/],
    [
      { addresses: [{ cidr: "10.0.0.0/24" }, { cidr: "10.0.1.0/24" }] },
      "addresses[1]: is of the same family as addresses[0]; give at most one range of IPv4 and one of IPv6",
    ],
    [{ pods: 3 }, /^pods: is not a property of a VnicSet/],
  ];
  for (const [changes, complaint] of refused)
    it(`is refused with ${JSON.stringify(changes).slice(0, 60)}`, () => {
      const [first, ...more] = complaints(changes);
      expect(more).to.deep.equal([]);
      if (typeof complaint === "string") expect(first).to.equal(complaint);
      else expect(first).to.match(complaint);
    });

  it("reports all problems at once, including those between template and addresses", () =>
    expect(
      complaints({
        name: "X",
        template: { network: { parent: "e/1" }, mtu: 1000 },
        addresses: [{ cidr: "fd50::/64" }],
      }),
    ).to.have.length(3));
});
