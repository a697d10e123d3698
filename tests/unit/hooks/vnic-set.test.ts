import { expect } from "chai";
import { check, diff } from "../../../provider/hooks/vnic-set.ts";
import { parseSetDefinition, type SetDefinition } from "../../../provider/model/vnic-set/definition.ts";
import { setStateOf } from "../../../provider/model/vnic-set/state.ts";
import { liveInterface, storedVnic } from "../../fakes/objects.ts";
import { vnicSet } from "../../fakes/vnic-sets.ts";

const inputs = {
  name: "wires",
  namespace: "shop",
  selector: { app: "db" },
  template: { network: { parent: "eth1" } },
  addresses: [{ cidr: "192.168.50.0/24" }],
};

function definition(changes: object = {}): SetDefinition {
  const parsed = parseSetDefinition({ ...inputs, ...changes });
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.definition;
}

const pod = { namespace: "shop", name: "db-0" };
const member = storedVnic({ pod });
const set = { ...vnicSet(), status: { observedGeneration: 1, desired: 1, ready: 1, conditions: [] } };
const state = setStateOf(definition(), set, [member], "0.1.0");

describe("the hooks of a VnicSet", () => {
  it("check: returns the canonical definition, also for its own result", async () => {
    const first = (await check({}, { ...inputs, __provider: "text" })).inputs as Record<string, unknown>;
    expect(first).to.deep.equal(definition());
    expect((await check({}, first)).inputs).to.deep.equal(first);
  });

  it("check: reports all problems at once, by property", async () => {
    const { failures } = await check({}, { ...inputs, selector: {}, template: { network: {} } });
    expect(failures?.map(({ property }) => property)).to.have.members(["selector", "template.network.parent"]);
  });

  it("diff: reports no change when nothing changes, whatever the outputs are", async () =>
    expect(await diff("shop/wires", state, definition())).to.deep.equal({ changes: false }));

  it("diff: plans an update when pods weren't served at the last read", async () =>
    expect(await diff("shop/wires", { ...state, ready: 0 }, definition())).to.deep.equal({ changes: true }));

  for (const [property, changes] of [
    ["template", { template: { network: { parent: "eth2" } } }],
    ["selector", { selector: { app: "web" } }],
    ["addresses", { addresses: [{ cidr: "10.0.0.0/24" }] }],
    ["labels", { labels: { a: "b" } }],
  ] as const)
    it(`diff: updates in place when ${property} changes`, async () =>
      expect(await diff("shop/wires", state, definition(changes))).to.deep.equal({
        replaces: [],
        deleteBeforeReplace: true,
      }));

  it("diff: replaces when the name or the namespace changes", async () =>
    expect((await diff("shop/wires", state, definition({ name: "x", namespace: "y" }))).replaces).to.deep.equal([
      "name",
      "namespace",
    ]));

  it("diff: refuses state of a newer shape, and names the version", async () => {
    const failure = await diff("shop/wires", { ...state, schemaVersion: 99 }, definition()).catch(
      (error: Error) => error.message,
    );
    expect(failure).to.match(/the state of VnicSet shop\/wires was written by pulumi-vnic 0.1.0; install that version/);
  });

  it("outputs: have the addresses of each pod, as the kernel shows them where it was read", () => {
    const seen = {
      ...member,
      spec: { ...member.spec, pod: { name: "db-1" } },
      status: { interface: liveInterface({ addresses: ["192.168.50.99/24"] }), conditions: [] },
    };
    expect(setStateOf(definition(), set, [member, seen], "0.1.0")).to.deep.include({
      desired: 1,
      ready: 1,
      podAddresses: { "db-0": ["192.168.50.10/24"], "db-1": ["192.168.50.99/24"] },
    });
  });
});
