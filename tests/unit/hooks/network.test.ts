import { expect } from "chai";
import { messageOf } from "../../../provider/base/errors.ts";
import { delete as remove, diff, read, update } from "../../../provider/hooks/network.ts";
import { uid } from "../../fakes/objects.ts";

const definition = { name: "lan", mode: "macvlan", parent: "eth1" } as const;
const state = { ...definition, uid: uid(1), schemaVersion: 1, providerVersion: "0.1.0" };

describe("the hooks of a Network", () => {
  it("diff: reports no change when nothing changes", async () =>
    expect(await diff("lan", state, definition)).to.deep.equal({ changes: false }));

  it("diff: updates in place for a changed field, and replaces for another name", async () => {
    expect((await diff("lan", state, { ...definition, mtu: 1400 })).replaces).to.deep.equal([]);
    expect((await diff("lan", state, { ...definition, name: "wan" })).replaces).to.deep.equal(["name"]);
  });

  const newer = { ...state, schemaVersion: 2, providerVersion: "9.1.0" };
  const hooks: [hook: string, call: () => Promise<unknown>][] = [
    ["diff", () => diff("lan", newer, definition)],
    ["update", () => update("lan", newer, definition)],
    ["read", () => read("lan", newer)],
    ["delete", () => remove("lan", newer)],
  ];
  for (const [hook, call] of hooks)
    it(`${hook}: refuses state of a newer shape, and names the version to install`, async () =>
      expect(await call().catch(messageOf)).to.equal(
        "the state of Network lan was written by pulumi-vnic 9.1.0; install that version or a newer one",
      ));
});
