import { expect } from "chai";
import {
  foreignRecordError,
  isOwn,
  type KnownRecord,
  ownedBy,
} from "../../../../provider/model/kubernetes/ownership.ts";
import { annotations } from "../../../../provider/model/names.ts";

const uid = "8f6a1f0e-0000-4000-8000-000000000001";
const record = (owner?: string) => ({
  metadata: { name: "lan", uid, ...(owner === undefined ? {} : { annotations: { [annotations.owner]: owner } }) },
});

describe("the owner of a record", () => {
  const table: [what: string, owner?: string | undefined, declaredBy?: string, known?: KnownRecord][] = [
    ["is us", "urn:a", "urn:a"],
    ["has our former name and the UID in state", "urn:old", "urn:a", { uid, owner: "urn:old" }],
    ["is nobody, as recorded in state", undefined, "urn:a", { uid }],
  ];
  for (const [what, owner, declaredBy, known] of table)
    it(`can be taken over when it ${what}`, () => expect(isOwn(record(owner), declaredBy, known)).to.equal(true));

  const foreign: typeof table = [
    ["is somebody else", "urn:b", "urn:a"],
    ["is nobody, and we have no name"],
    ["has changed since our last write", "urn:b", "urn:a", { uid, owner: "urn:a" }],
    ["has our former name on a new record", "urn:old", "urn:a", { uid: "another", owner: "urn:old" }],
  ];
  for (const [what, owner, declaredBy, known] of foreign)
    it(`can't be taken over when it ${what}`, () => expect(isOwn(record(owner), declaredBy, known)).to.equal(false));

  it("is named in the refusal, with the remedy", () => {
    expect(foreignRecordError("VnicNetwork lan", record("urn:b"), "choose another name").message).to.equal(
      "name: VnicNetwork lan exists already and is declared by urn:b; choose another name",
    );
    expect(foreignRecordError("VnicNetwork lan", record(), "choose another name").message).to.contain(
      "was not declared by Pulumi",
    );
  });

  it("stays in the definition for the record", () => {
    expect(ownedBy({ name: "lan", declaredBy: "urn:new" }, "urn:old")).to.deep.equal({
      name: "lan",
      declaredBy: "urn:old",
    });
    expect(ownedBy({ name: "lan", declaredBy: "urn:new" }, undefined)).to.deep.equal({ name: "lan" });
  });
});
