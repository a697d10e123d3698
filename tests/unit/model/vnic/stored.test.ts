import { expect } from "chai";
import { difference } from "../../../../provider/model/vnic/diff.ts";
import { parseDefinition } from "../../../../provider/model/vnic/definition.ts";
import { schemaVersion, type VnicState } from "../../../../provider/model/vnic/state.ts";
import { readInputs, readState } from "../../../../provider/model/vnic/stored.ts";
import { definition, stateWith, uid } from "../../../fakes/objects.ts";

const written = stateWith(definition(), { uid: uid(1), node: "worker-1", podUid: uid(2), providerVersion: "0.1.0" });

describe("state of another version", () => {
  it("is refused, with the version to install, when its shape is newer", () =>
    expect(() => readState({ ...written, schemaVersion: schemaVersion + 1, providerVersion: "9.1.0" })).to.throw(
      "the state of Vnic shop/db-wire was written by pulumi-vnic 9.1.0; install that version or a newer one",
    ));

  it("is completed with the defaults of missing fields at any depth, and keeps what it has", () => {
    const { deadlines, network, ...rest } = written;
    const older = { ...rest, deadlines: { createSeconds: 7 }, network: { parent: "eth1" } };
    const read = readState(older as unknown as VnicState);
    expect(read.deadlines).to.deep.equal({ ...deadlines, createSeconds: 7, updateSeconds: 120, deleteSeconds: 120 });
    expect(read).to.deep.include({ network, uid: uid(1), providerVersion: "0.1.0" });
  });

  it("causes no difference to today's inputs, and neither do inputs that it checked", () => {
    const { deadlines: _, ...older } = written;
    const today = parseDefinition({ ...definition(), deadlines: undefined });
    if ("problems" in today) throw new Error("not right");
    const none = { update: [], replace: [] };
    expect(difference(readState(older as VnicState), today.definition)).to.deep.equal(none);
    const { deadlines: __, ...inputs } = today.definition;
    expect(difference(readState(older as VnicState), readInputs(inputs))).to.deep.equal(none);
  });

  it("is left unchanged where it breaks a later rule", () => {
    const broken = { ...written, mtu: 1 };
    expect(readState(broken)).to.deep.equal(broken);
  });
});
