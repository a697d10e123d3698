import { expect } from "chai";
import { inject } from "../../../../provider/lifecycle/inject.ts";
import { observe } from "../../../../provider/lifecycle/observe.ts";
import type { NetworkDefinition } from "../../../../provider/model/network/definition.ts";
import { networkRecordOf } from "../../../../provider/model/network/record.ts";
import type { Definition } from "../../../../provider/model/vnic/definition.ts";
import { rejection } from "../../../fakes/cluster.ts";
import { fakeDriver } from "../../../fakes/driver.ts";
import { definition, uid } from "../../../fakes/objects.ts";

describe("the placement of a Vnic's link", () => {
  let driver: ReturnType<typeof fakeDriver>;
  beforeEach(() => {
    driver = fakeDriver();
  });
  afterEach(() => driver.sessions.close());

  const setNetwork = (given: Partial<NetworkDefinition>) =>
    driver.cluster.networks.set("lan", {
      ...networkRecordOf({ name: "lan", mode: "macvlan", parent: "eth1", freeMacs: true, ...given }),
      metadata: { name: "lan", uid: uid(7), resourceVersion: "1" },
    });
  const run = (given: Partial<Definition>) => inject(driver, definition({ network: { name: "lan" }, ...given }));
  const planned = () => driver.cluster.nodeSide.work.map((one) => (one.verb === "inject" ? one.plan.placement : ""));

  for (const [network, own, sent] of [
    [undefined, undefined, undefined],
    ["direct", undefined, "direct"],
    ["direct", "moved", "moved"],
    ["moved", "direct", "direct"],
    [undefined, "direct", "direct"],
  ] as const)
    it(`is ${sent ?? "left to the node"} with ${own ?? "none"} of its own and ${network ?? "none"} of its Network`, async () => {
      setNetwork(network === undefined ? {} : { placement: network });
      await run(own === undefined ? {} : { placement: own });
      expect(planned()).to.deep.equal([sent]);
    });

  it("isn't direct for a Network of devices, and nothing is written then", async () => {
    setNetwork({ mode: "host-device" });
    expect((await rejection(run({ placement: "direct" }))).message).to.match(/^placement: "direct" can't be used with/);
    expect(driver.cluster.nodeSide.work).to.deep.equal([]);
    expect(driver.cluster.holders).to.deep.equal({});
  });

  it("is no drift when the Network gets another one", async () => {
    setNetwork({});
    const state = await run({});
    setNetwork({ placement: "direct" });
    expect((await observe(driver, { namespace: "shop", name: state.name }, state))?.drift).to.equal(undefined);
  });
});
