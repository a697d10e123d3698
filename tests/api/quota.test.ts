import { expect } from "chai";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import { removeNetwork } from "../../provider/lifecycle/network/network-record.ts";
import { messageOf } from "../../provider/base/errors.ts";
import { memberSelector } from "../../provider/model/address/membership.ts";
import { apiVersion, labels } from "../../provider/model/names.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { FakeNodeSide } from "../fakes/node-side.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { driverOf, makeNode, makePods, numbered, standInCluster } from "../support/api/stand-in.ts";
import { applyObjects, installPlatform, kubectl } from "../support/cluster.ts";

const namespace = "quota";
const neighbor = "quota-2";
const network = "quota-lan";
const most = 5;
const many = 20;

describe("a Network's number of Vnics for each namespace", () => {
  let api: ApiServer;
  // As in a program, a second program, and two replicas of a reconciler.
  let drivers: ReturnType<typeof driverOf>[];
  const driver = (number: number) => drivers[number % drivers.length]!;
  const served = new Map<number, VnicState>();

  before(async () => {
    api = await apiServer();
    for (const name of [namespace, neighbor]) await api.makeNamespace(name);
    await installPlatform(api.kubectl);
    await makeNode(api, "quota-1");
    for (const name of [namespace, neighbor]) await makePods(api, name, "quota-1", ["db-0"]);
    const spec = { mode: "macvlan", parent: "eth1", vnicsPerNamespace: most, freeMacs: true };
    await applyObjects(api.kubectl, [{ apiVersion, kind: "VnicNetwork", metadata: { name: network }, spec }]);
    drivers = await Promise.all(
      Array.from({ length: 4 }, async () => driverOf(await standInCluster(api.kubeconfig, new FakeNodeSide()))),
    );
  });
  after(() => Promise.all(drivers.map(({ sessions }) => sessions.close())));

  const attach = async (number: number, where = namespace): Promise<string> => {
    try {
      const state = await inject(driver(number), { ...numbered(where, "db-0", number), network: { name: network } });
      served.set(number, state);
      return "";
    } catch (error) {
      return messageOf(error);
    }
  };
  const remove = (number: number) => {
    const state = served.get(number)!;
    served.delete(number);
    const known = { uid: state.uid, node: state.node, podName: state.pod.name };
    return eject(driver(number), vnicRef(state), known, new Deadline("deleting", 60));
  };
  const numbers = (from: number) => Array.from({ length: many }, (_, index) => from + index);
  const names = async (kind: string, selector: string) =>
    (await kubectl(api.kubectl, ["get", kind, "-A", "-l", selector, "-o", "name"])).split("\n").filter(Boolean);
  const refusal = `namespace ${namespace} may have ${most} Vnics on VnicNetwork ${network} (vnicsPerNamespace), and has them`;

  it("is reached and never exceeded by 20 creations of four drivers at the same time", async () => {
    const results = await Promise.all(numbers(1).map((number) => attach(number)));
    const refused = results.filter((words) => words !== "");
    expect(refused.filter((words) => !words.includes(refusal))).to.deep.equal([]);
    expect(refused).to.have.length(many - most);
    expect(await names("vnicaddresses", memberSelector(network, namespace))).to.have.length(most);
    const records = await kubectl(api.kubectl, ["get", "vnics", "-n", namespace, "-o", "name"]);
    expect(records.split("\n").filter(Boolean), "records of refused Vnics are withdrawn").to.have.length(most);
  });

  it("counts each namespace by itself", async () => {
    expect(await attach(100, neighbor)).to.equal("");
    await remove(100);
  });

  it("counts NICs whose records were changed to another MAC and network, and lost all labels and annotations", async () => {
    for (const { name } of served.values()) {
      const metadata = { labels: null, annotations: null };
      const spec = { network: { name: "nowhere" }, mac: `02:00:00:00:00:${name.slice(-2).replace("-", "0")}` };
      const body = JSON.stringify({ metadata, spec });
      await kubectl(api.kubectl, ["patch", "vnic", name, "-n", namespace, "--type=merge", "-p", body]);
    }
    expect(await names("vnics", labels.network)).to.deep.equal([]);
    const results = await Promise.all(numbers(200).map((number) => attach(number)));
    expect(results.filter((words) => !words.includes(refusal))).to.deep.equal([]);
  });

  it("keeps the Network from being deleted as long as such a NIC is on it", async () => {
    const uid = await kubectl(api.kubectl, ["get", "vnicnetwork", network, "-o", "jsonpath={.metadata.uid}"]);
    const error = await removeNetwork(driver(0).cluster, { name: network, uid }).catch(messageOf);
    expect(error).to.match(new RegExp(`VnicNetwork ${network} is in use by Vnic ${namespace}/`));
    const marked = ["get", "vnicnetwork", network, "-o", "jsonpath={.metadata.deletionTimestamp}"];
    expect(await kubectl(api.kubectl, marked)).to.equal("");
  });

  it("counts none that is gone, and lets one of many have its place", async () => {
    const [first] = served.keys();
    await remove(first!);
    const results = await Promise.all(numbers(300).map((number) => attach(number)));
    expect(results.filter((words) => words === "")).to.have.length(1);
  });

  it("lets a deleted Network go with the last NIC on it, which no record names any more", async () => {
    await kubectl(api.kubectl, ["delete", "vnicnetwork", network, "--wait=false"]);
    // The last one that was made still names the Network.
    for (const number of [...served.keys()].reverse()) {
      expect(await kubectl(api.kubectl, ["get", "vnicnetwork", network, "-o", "name"])).to.include(network);
      await remove(number);
    }
    expect(await kubectl(api.kubectl, ["get", "vnicnetworks", "-o", "name"])).to.not.include(network);
  });
});
