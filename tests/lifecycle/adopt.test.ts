import { expect } from "chai";
import { apiVersion } from "../../provider/model/names.ts";
import { recordOf } from "../../provider/model/vnic/record.ts";
import { applyObjects } from "../support/cluster.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";

describe("adoption", () => {
  const namespace = "adopt";
  const bench = useBench({ namespace });
  const wire = (more: Record<string, unknown> = {}) =>
    define({ name: "wire", pod: { namespace, name: "db" }, addresses: ["192.168.50.55/24"], ...more });

  before(() => bench.runPod("db", "node1"));

  it("takes over a Vnic of another owner, who can then no longer delete it", async () => {
    const first = await bench.inject(wire({ declaredBy: "urn:first" }));
    const second = await bench.inject(wire({ declaredBy: "urn:second", adopt: true }));
    expect(second).to.include({ uid: first.uid, owner: "urn:second" });
    expect((await bench.linksIn("db")).filter(({ ifalias }) => ifalias !== undefined)).to.have.length(1);
    await bench.eject(first);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.55")).to.equal(true);
    const error = await bench
      .inject(wire({ declaredBy: "urn:first" }), { known: first })
      .catch((cause: unknown) => cause);
    expect(error).to.match(/name: Vnic adopt\/wire exists already and is declared by urn:second/);
    await bench.eject(second);
    expect(await answersPing(bench.lab, "lan1", "192.168.50.55")).to.equal(false);
  });

  it("takes over a record that was made with kubectl, and creates its NIC", async () => {
    const { spec } = recordOf(wire(), { node: "", uid: "", held: "" });
    await applyObjects(bench.lab.kubectl, [{ apiVersion, kind: "Vnic", metadata: { namespace, name: "wire" }, spec }]);
    const refused = await bench.inject(wire()).catch((cause: unknown) => cause);
    expect(refused).to.match(
      /name: Vnic adopt\/wire exists already and was not declared by Pulumi; adopt it \(adopt: true\)/,
    );
    const state = await bench.inject(wire({ adopt: true }));
    expect(await answersPing(bench.lab, "lan1", "192.168.50.55")).to.equal(true);
    await bench.eject(state);
  });

  it("refuses a record of a different Vnic, with the fields that differ", async () => {
    const first = await bench.inject(wire({ declaredBy: "urn:first" }));
    const second = wire({ declaredBy: "urn:second", adopt: true, addresses: ["192.168.50.56/24"], mtu: 1400 });
    const refused = await bench.inject(second).catch((cause: unknown) => cause);
    expect(refused).to.have.property(
      "message",
      `name: Vnic adopt/wire exists already and differs from the one to adopt: addresses is ["192.168.50.55/24"] there and ["192.168.50.56/24"] here; mtu is not given there and 1400 here`,
    );
    expect(await answersPing(bench.lab, "lan1", "192.168.50.55")).to.equal(true);
    await bench.eject(first);
  });
});
