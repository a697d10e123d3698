import { expect } from "chai";
import { injectionSteps, resourceFile, resourceFileVersion } from "../../../../provider/model/wire/resource-file.ts";
import { association, injectPlan } from "../../../fakes/objects.ts";

function content(given: object = {}) {
  const { vnic, pod: _, ...definition } = injectPlan();
  return {
    schemaVersion: resourceFileVersion,
    step: "moving",
    vnic,
    definition,
    association: association(),
    updatedAt: "2026-11-23T08:00:00Z",
    ...given,
  };
}

describe("a Vnic resource file", () => {
  for (const step of injectionSteps)
    it(`is accepted when it was left at step ${step}`, () =>
      expect(resourceFile.parse(JSON.parse(JSON.stringify(content({ step }))))).to.deep.equal(content({ step })));

  it("is accepted with addresses that an earlier version accepted", () => {
    const definition = { ...content().definition, addresses: ["192.168.50.255/24", "240.0.0.1/24"] };
    expect(resourceFile.parse(content({ definition }))).to.deep.equal(content({ definition }));
  });

  const unreadable: [what: string, given: object][] = [
    ["a later schema version", { schemaVersion: 3 }],
    ["no schema version", { schemaVersion: undefined }],
    ["an unknown step", { step: "flying" }],
    ["no association", { association: undefined }],
    ["an unknown field", { lease: {} }],
    ["a definition that breaks a rule", { definition: { ...content().definition, interfaceName: "../x" } }],
    ["an address of another form", { definition: { ...content().definition, addresses: ["192.168.50.10 dev lo/24"] } }],
    ["a UID of another form", { vnic: { ...content().vnic, uid: "../x" } }],
  ];
  for (const [what, given] of unreadable)
    it(`is refused with ${what}`, () => expect(resourceFile.safeParse(content(given)).success).to.equal(false));
});
