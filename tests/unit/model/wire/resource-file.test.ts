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

  const unreadable: [what: string, given: object][] = [
    ["a later schema version", { schemaVersion: 3 }],
    ["no schema version", { schemaVersion: undefined }],
    ["an unknown step", { step: "flying" }],
    ["no association", { association: undefined }],
    ["an unknown field", { lease: {} }],
    ["a definition that breaks a rule", { definition: { ...content().definition, interfaceName: "../x" } }],
    ["a UID of another form", { vnic: { ...content().vnic, uid: "../x" } }],
  ];
  for (const [what, given] of unreadable)
    it(`is refused with ${what}`, () => expect(resourceFile.safeParse(content(given)).success).to.equal(false));
});
