import { expect } from "chai";
import { VnicError } from "../../../provider/base/errors.ts";
import { explain } from "../../../provider/lifecycle/explain.ts";
import { addressRecord } from "../../../provider/model/address/address.ts";
import type { PodObject } from "../../../provider/model/kubernetes/pod.ts";
import { FakeCluster } from "../../fakes/cluster.ts";
import { definition, liveInterface, storedVnic, uid } from "../../fakes/objects.ts";

const place = { node: "worker-1", segments: ["eth0", "eth1"], definition: definition({ name: "new" }) };
const mac = "02:00:5e:00:00:01";

describe("an error from the node", () => {
  let cluster: FakeCluster;
  beforeEach(() => (cluster = new FakeCluster()));

  const messageOf = async (error: VnicError) => ((await explain(cluster, error, place)) as VnicError).message;
  const noAgent = new VnicError("refused", "dhcp: no node agent answers on this node", { subject: { type: "agent" } });
  const taken = new VnicError("conflict", "addresses[0]: 10.0.0.1 is in use", { subject: { type: "host", mac } });

  const agent = (status: NonNullable<PodObject["status"]>) =>
    cluster.agentPods.set("worker-1", { metadata: { name: "a-1" }, status });
  const agents: [when: string, set: () => unknown, words: RegExp][] = [
    ["isn't installed", () => undefined, /on node worker-1, .*; none is installed there; install it: npx pulumi-vnic/],
    [
      "isn't ready",
      () =>
        agent({
          phase: "Running",
          conditions: [{ type: "Ready", status: "False", message: "containers with unready status: [agent]" }],
          containerStatuses: [{ name: "agent", state: { waiting: { reason: "CrashLoopBackOff" } } }],
        }),
      /its pod vnic-system\/a-1 isn't ready \(Running, CrashLoopBackOff, containers with unready status: \[agent\]\)/,
    ],
    ["has no status yet", () => agent({}), /a-1 isn't ready \(no status yet\)/],
    [
      "says that it is ready",
      () => agent({ conditions: [{ type: "Ready", status: "True" }] }),
      /a-1 says that it is ready; look at it: kubectl -n vnic-system logs a-1$/,
    ],
  ];
  for (const [when, set, words] of agents)
    it(`names the node and the remedy when its agent ${when}`, async () => {
      set();
      expect(await messageOf(noAgent)).to.match(words);
    });

  it("names the Vnic whose MAC answered", async () => {
    const holder = { namespace: "shop", name: "other", uid: uid(7) };
    await cluster.createAddress(addressRecord({ segment: "eth1", value: mac, property: "mac" }, holder));
    expect(await messageOf(taken)).to.equal("addresses[0]: 10.0.0.1 is in use; that MAC is Vnic shop/other's");
  });

  it("names the Vnic that has the interface name, and the remedy", async () => {
    const taken = new VnicError("refused", "interfaceName: it is taken", { subject: { type: "interface" } });
    expect(await explain(cluster, taken, place), "by somebody else").to.equal(taken);
    cluster.store(storedVnic());
    expect(await messageOf(taken)).to.match(
      /^interfaceName: it is taken, or free it there by a "pulumi up" before this one, .*: it is Vnic shop\/db-wire's$/,
    );
  });

  it("names the Vnic whose NIC still has the interface name, before the one that is about to get it", async () => {
    const taken = new VnicError("refused", "interfaceName: it is taken", { subject: { type: "interface" } });
    cluster.store(storedVnic());
    const leaving = storedVnic({ name: "leaving", interfaceName: "net2" }, { uid: uid(8) });
    cluster.store({ ...leaving, status: { conditions: [], interface: liveInterface() } });
    expect(await messageOf(taken)).to.match(/: it is Vnic shop\/leaving's$/);
  });

  it("is unchanged when no Vnic has the MAC, or nothing more can be read", async () => {
    expect(await explain(cluster, taken, place)).to.equal(taken);
    cluster.failNext("findAgentPod", new VnicError("forbidden", "listing pods: forbidden"));
    expect(await explain(cluster, noAgent, place)).to.equal(noAgent);
  });
});
