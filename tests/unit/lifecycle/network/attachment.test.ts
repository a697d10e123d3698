import { expect } from "chai";
import { inject } from "../../../../provider/lifecycle/inject.ts";
import type { Definition } from "../../../../provider/model/vnic/definition.ts";
import { deriveMac } from "../../../../provider/model/names.ts";
import { rejection } from "../../../fakes/cluster.ts";
import { fakeDriver } from "../../../fakes/driver.ts";
import { definition } from "../../../fakes/objects.ts";

describe("a Vnic on a NetworkAttachmentDefinition", () => {
  const mac = "02:00:00:00:00:0a";
  const derived = deriveMac({ namespace: "shop", name: definition().name });
  const macvlan = { type: "macvlan", master: "eth1" };

  /** Injects a Vnic on a definition with that config; returns the plan that the node got, and the warnings. */
  async function run(config: object, given: Partial<Definition> = {}) {
    const warnings: string[] = [];
    const driver = { ...fakeDriver(), warn: (text: string) => void warnings.push(text) };
    driver.cluster.attachmentDefinitions.set("shop/lan", {
      metadata: { namespace: "shop", name: "lan" },
      spec: { config: JSON.stringify(config) },
    });
    try {
      const network = { networkAttachmentDefinition: "shop/lan" };
      await inject(driver, definition({ mac: derived, network, ...given }));
      const [request] = driver.cluster.nodeSide.work;
      return { plan: request?.verb === "inject" ? request.plan : undefined, warnings };
    } finally {
      await driver.sessions.close();
    }
  }
  const chain = (plugin: object) => ({ plugins: [macvlan, plugin] });

  it("is made as the definition says, with one warning about settings that have no effect", async () => {
    const { plan, warnings } = await run({
      ...macvlan,
      mtu: 1400,
      dns: { domain: "x" },
      ipam: { type: "whereabouts" },
    });
    expect(plan).to.deep.include({ network: { mode: "macvlan", parent: "eth1" }, mtu: 1400 });
    expect(warnings).to.deep.equal([
      'NetworkAttachmentDefinition shop/lan: a Vnic doesn\'t use spec.config.dns, spec.config.ipam "whereabouts"',
    ]);
  });

  it("is made without a warning when all settings have an effect", async () => {
    expect((await run(chain({ type: "tuning", mtu: 1300 }))).warnings).to.deep.equal([]);
  });

  it("has the MAC of the tuning plugin, or its own", async () => {
    for (const own of [mac, "02:00:00:00:00:0b"])
      expect((await run(chain({ type: "tuning", mac }), { mac: own })).plan?.mac).to.equal(own);
  });

  const refused: [config: object, given: Partial<Definition>, words: RegExp][] = [
    [chain({ type: "tuning", mac }), {}, /gives all NICs the MAC 02:00:00:00:00:0a; give this Vnic mac: "02:00/],
    [{ type: "ipvlan", master: "eth1" }, { mac }, /mode ipvlan, whose NICs share their parent's MAC; leave mac out/],
    [
      { type: "host-device", device: "eth7" },
      { placement: "direct" },
      /^placement: "direct" can't be used with mode "host-device"/,
    ],
    [chain({ type: "sbr" }), {}, /sbr lets replies leave by the NIC; give the Vnic gateways/],
  ];
  for (const [config, given, words] of refused)
    it(`is refused with ${JSON.stringify(config)}`, async () => {
      expect((await rejection(run(config, given))).message).to.match(words);
    });

  it("follows the sbr plugin when it has a gateway", async () => {
    const { plan } = await run(chain({ type: "sbr" }), { gateways: ["192.168.50.1"] });
    expect(plan?.routing?.replyVia).to.equal("vnic");
  });
});
