import { expect } from "chai";
import { unknownValue } from "../../provider/model/schema/known.ts";
import { attachedState, definition, inputs } from "../fakes/objects.ts";
import { firstStub, ProviderProcess, stub } from "./provider-process.ts";

const id = "shop/db-wire";
const state = { ...attachedState() };

describe("a plan in Pulumi's provider process", () => {
  let provider: ProviderProcess;
  before(async () => {
    provider = await ProviderProcess.start();
    await provider.configure();
  });
  after(() => provider.stop());

  describe("check", () => {
    it("fills in every default and canonical form, so that dependents plan exactly", async () => {
      const checked = await provider.check(inputs({ addresses: ["FD50::0:10/64"], declaredBy: "urn:pulumi:x" }));
      expect(checked).to.deep.equal({
        failures: {},
        inputs: {
          name: "db-wire",
          pod: { namespace: "shop", name: "db-0" },
          network: { mode: "macvlan", parent: "eth1" },
          addresses: ["fd50::10/64"],
          mac: "fa:fc:1b:05:52:86",
          interfaceName: "net691045",
          deadlines: { createSeconds: 120, updateSeconds: 120, deleteSeconds: 120 },
          declaredBy: "urn:pulumi:x",
        },
      });
    });

    it("returns the same when it is called with its own result", async () => {
      const once = await provider.check(inputs());
      expect(await provider.check(once.inputs, once.inputs)).to.deep.equal(once);
    });

    it("fails with every problem at once, by property path", async () => {
      const { failures } = await provider.check({
        name: "db-wire",
        pod: { nmae: "db-0" },
        network: { parent: "eth 1" },
        addresses: ["10.0.0.1/24", "10.0.0.300/24"],
        mac: "01:00:00:00:00:00",
        interfaceName: "lo",
      });
      expect(failures).to.have.all.keys(
        "pod.name",
        "pod.nmae",
        "network.parent",
        "addresses[1]",
        "mac",
        "interfaceName",
      );
      expect(failures["addresses[1]"]).to.match(/"10.0.0.300\/24" is not a CIDR address/);
    });

    it("accepts unknown values, and derives none from them", async () => {
      const { failures, inputs: checked } = await provider.check(
        inputs({ pod: unknownValue, addresses: [unknownValue, "10.0.0.1/24"], mtu: unknownValue }),
      );
      expect(failures).to.deep.equal({});
      expect(checked).to.deep.include({
        pod: unknownValue,
        addresses: [unknownValue, "10.0.0.1/24"],
        mtu: unknownValue,
        mac: unknownValue,
      });
    });
  });

  describe("diff", () => {
    it("reports no change when nothing changes", async () =>
      expect(await provider.diff(id, state, definition() as object as typeof state)).to.deep.equal({
        changes: "none",
        replaces: [],
        deleteBeforeReplace: false,
      }));

    it("plans an update that repairs a difference found at the last read", async () => {
      const drifted = { ...state, drift: ["the NIC is down"] };
      expect(await provider.diff(id, drifted, { ...definition() })).to.deep.equal({
        changes: "some",
        replaces: [],
        deleteBeforeReplace: false,
      });
    });

    it("plans an update that renews an older stub in state", async () => {
      const older = stub.replace(/protocol: \d+/, "protocol: 0");
      expect(await provider.diff(id, { ...state, __provider: older }, { ...definition() })).to.have.property(
        "changes",
        "some",
      );
    });

    it("accepts the stub of version 0.1, and plans no change for it", async () =>
      expect(await provider.diff(id, { ...state, __provider: firstStub }, { ...definition() })).to.have.property(
        "changes",
        "none",
      ));

    it("reports no change when only its URN changes", async () =>
      expect(await provider.diff(id, state, { ...definition({ declaredBy: "urn:pulumi:renamed" }) })).to.have.property(
        "changes",
        "none",
      ));

    it("leaves the changed keys to the engine, and replaces nothing, when an address changes", async () => {
      const { changes, replaces } = await provider.diff(id, state, {
        ...definition({ addresses: ["192.168.50.11/24"] }),
      });
      expect({ changes, replaces }).to.deep.equal({ changes: "unknown", replaces: [] });
    });

    it("deletes before it replaces when the MAC changes", async () =>
      expect(await provider.diff(id, state, { ...definition({ mac: "02:00:00:00:00:99" }) })).to.deep.equal({
        changes: "unknown",
        replaces: ["mac"],
        deleteBeforeReplace: true,
      }));

    it("replaces when the pod is unknown", async () =>
      expect(await provider.diff(id, state, { ...definition(), pod: unknownValue })).to.deep.include({
        replaces: ["pod"],
      }));
  });

  it("contacts no cluster, and prints nothing", () => {
    expect(provider.engine.lines).to.deep.equal([]);
    expect(provider.stderr.join("")).to.equal("");
  });
});
