import { expect } from "chai";
import { Claims } from "../../provider/lifecycle/claim.ts";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { VnicError } from "../../provider/base/errors.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import { observe } from "../../provider/lifecycle/observe.ts";
import { Surveyor } from "../../provider/lifecycle/survey.ts";
import { apiVersion } from "../../provider/model/names.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { reconcileVnic } from "../../provider/reconciler/controller.ts";
import { until } from "../lab/run.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeNodeSide } from "../fakes/node-side.ts";
import { injectResult } from "../fakes/objects.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { countKinds } from "../support/request-kinds.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { driverOf, makeNode, makePods, numbered, standInCluster } from "../support/api/stand-in.ts";

const namespace = "requests";
const many = 20;

/* Numbers of requests, which unlike times are equal on every machine. */
describe("requests to the API server", () => {
  let api: ApiServer;
  let proxy: FaultProxy;
  let driver: ReturnType<typeof driverOf>;
  const states: VnicState[] = [];
  const nodeSide = new FakeNodeSide();
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await makeNode(api, "requests-1");
    await makePods(api, namespace, "requests-1", ["db-0", "db-1"]);
    proxy = await FaultProxy.start(api.proxied);
    nodeSide.inject = () => injectResult({ steps: [{ step: "creating", milliseconds: 1 }] });
    // However slow the machine is, the session stays open between tests, and nothing reports its progress or renews its
    // claim.
    const cluster = await standInCluster(await proxy.kubeconfig(api.kubeconfig), nodeSide);
    driver = {
      ...driverOf(cluster, { lingerMilliseconds: 600_000 }, { firstReportMilliseconds: 600_000 }),
      claims: new Claims("a test", new FakeClock()),
    };
    // What a process reads once: Vnics of older versions, the cluster's own addresses, a session's node.
    await requestsOf(1, () => create("db-0", 99));
  });
  after(async () => {
    await driver.sessions.close();
    await proxy.stop();
  });

  /** The requests by kind that `work` makes, with that number of events, which it doesn't wait for. */
  const requestsOf = async (events: number, work: () => Promise<unknown>): Promise<Record<string, number>> => {
    proxy.requests.length = 0;
    await work();
    const counts = () => countKinds(proxy.requests);
    await until("the events", 30, () => ((counts()["POST events"] ?? 0) >= events ? true : undefined));
    await until("the requests to end", 30, () => (proxy.underWay === 0 ? true : undefined));
    return counts();
  };
  const create = async (pod: string, number: number) =>
    void states.push(await inject(driver, numbered(namespace, pod, number)));
  const remove = (state: VnicState) => {
    const known = { uid: state.uid, node: state.node, podName: state.pod.name, owner: state.owner ?? "" };
    return eject(driver, vnicRef(state), known, new Deadline("deleting", 60));
  };

  it("are five for a creation, and an event that nothing waits for", async () => {
    expect(await requestsOf(1, () => create("db-1", 100))).to.deep.equal({
      "GET pods": 1,
      "PATCH vnics": 1,
      "POST vnicaddresses": 2,
      "PATCH vnics/status": 1,
      "POST events": 1,
    });
  });

  it("are shared by creations at the same time, where they read the same pod", async () => {
    const numbers = Array.from({ length: many }, (_, index) => index + 1);
    const counts = await requestsOf(many, () => Promise.all(numbers.map((number) => create("db-0", number))));
    expect(counts["GET pods"]).to.be.below(many);
  });

  it("are none for an attempt at a record of another owner, but for reading", async () => {
    const { declaredBy: _, ...stranger } = numbered(namespace, "db-1", 100);
    const counts = await requestsOf(0, () =>
      inject(driver, stranger).then(
        () => expect.fail("it took another owner's record"),
        (error: unknown) => expect(String(error)).to.include("wire-100"),
      ),
    );
    expect(counts).to.deep.equal({ "GET pods": 1, "PATCH vnics": 1, "GET vnics": 1 });
  });

  it("are eight for an attempt that the node refuses, which leaves nothing", async () => {
    const work = nodeSide.inject;
    nodeSide.inject = () => {
      throw new VnicError("refused", "network.parent: there is no interface");
    };
    const refused = async () => {
      const error = await inject(driver, numbered(namespace, "db-1", 101)).catch((reason: unknown) => reason);
      expect(String(error)).to.include("there is no interface");
    };
    const counts = await requestsOf(0, refused).finally(() => (nodeSide.inject = work));
    expect(counts).to.deep.equal({
      "GET pods": 1,
      "PATCH vnics": 2,
      "POST vnicaddresses": 2,
      "DELETE vnicaddresses": 2,
      "DELETE vnics": 1,
    });
  });

  it("don't grow with the number of Vnics for a refresh, after the first few", async () => {
    const surveyor = new Surveyor(driver);
    const refresh = (some: readonly VnicState[]) =>
      Promise.all(some.map((state) => observe(driver, vnicRef(state), state, { view: surveyor.nextView() })));
    await refresh(states.slice(0, 4));
    // One list of the records, and each of the two pods. The session with the node is open already.
    expect(await requestsOf(0, () => refresh(states.slice(4)))).to.deep.equal({ "LIST vnics": 1, "GET pods": 1 });
  });

  describe("for a Vnic on a Network", () => {
    const onNetwork = async (name: string, number: number) =>
      void states.push(await inject(driver, { ...numbered(namespace, "db-1", number), network: { name } }));
    const removeLatest = () => remove(states.pop() as VnicState);
    const creation = {
      "GET pods": 1,
      "GET vnicnetworks": 2,
      "PATCH vnics": 1,
      "POST vnicaddresses": 2,
      "PATCH vnics/status": 1,
      "POST events": 1,
    };
    before(async () => {
      const network = { apiVersion, kind: "VnicNetwork" };
      const spec = { mode: "macvlan", parent: "eth1", freeMacs: true };
      await applyObjects(api.kubectl, [
        { ...network, metadata: { name: "requests-any" }, spec },
        { ...network, metadata: { name: "requests-few" }, spec: { ...spec, vnicsPerNamespace: 3 } },
      ]);
      // The first Vnic adds the finalizer of its Network.
      await requestsOf(2, () => Promise.all([onNetwork("requests-any", 201), onNetwork("requests-few", 202)]));
    });

    after(() => api.kubectl(["delete", "vnicnetwork", "requests-any", "requests-few"]));

    it("are two more for a creation, which read the Network", async () => {
      expect(await requestsOf(1, () => onNetwork("requests-any", 203))).to.deep.equal(creation);
    });

    it("are three more where the Network limits the number of Vnics", async () => {
      const counts = await requestsOf(1, () => onNetwork("requests-few", 204));
      expect(counts).to.deep.equal({ ...creation, "LIST vnicaddresses": 2, "PATCH vnicaddresses": 1 });
    });

    it("are two more for a deletion, and five for that of the last one", async () => {
      const deletion = { "PATCH vnics": 2, "DELETE vnics": 1, "DELETE vnicaddresses": 2, "POST events": 1 };
      const reading = { "GET vnicnetworks": 1, "LIST vnics": 1 };
      for (let left = 2; left > 0; left--)
        expect(await requestsOf(1, removeLatest), "of a Network that is in use").to.deep.equal({
          ...deletion,
          ...reading,
        });
      const releasing = { "GET vnicnetworks": 1, "LIST vnics": 2, "LIST vnicaddresses": 1, "PATCH vnicnetworks": 1 };
      for (let left = 2; left > 0; left--)
        expect(await requestsOf(1, removeLatest), "the last").to.deep.equal({ ...deletion, ...releasing });
    });
  });

  it("are five when the pod of a Vnic has gone, and seven for following it to a new pod, besides those of sessions", async () => {
    await makeNode(api, "requests-2");
    await makePods(api, namespace, "requests-1", ["moving"]);
    await requestsOf(1, () => create("moving", 102));
    const { namespace: its, name } = vnicRef(states.pop() as VnicState);
    const context = { ...driver, log: () => undefined, due: new Set<string>(), lost: new Set<string>() };
    const reconcile = async (events: number) => {
      const counts = await requestsOf(events, () => reconcileVnic(context, `${its}/${name}`));
      return Object.fromEntries(Object.entries(counts).filter(([kind]) => /vnic|pods|events/.test(kind)));
    };
    await kubectl(api.kubectl, ["delete", "pod", "-n", namespace, "moving", "--force", "--grace-period=0"]);
    expect(await reconcile(0)).to.deep.equal({
      "GET vnics": 1,
      "GET pods": 1,
      "PATCH vnics/status": 1,
      "PATCH vnics": 2,
    });
    await makePods(api, namespace, "requests-2", ["moving"]);
    expect(await reconcile(1)).to.deep.equal({
      "GET vnics": 1,
      "GET pods": 1,
      "PATCH vnics": 2,
      "GET vnicaddresses": 2,
      "PATCH vnics/status": 1,
      "POST events": 1,
    });
  });

  it("are five for a deletion, and an event that nothing waits for", async () => {
    const [state] = states.splice(0, 1);
    expect(await requestsOf(1, () => remove(state as VnicState))).to.deep.equal({
      "PATCH vnics": 2,
      "DELETE vnics": 1,
      "DELETE vnicaddresses": 2,
      "POST events": 1,
    });
  });
});
