import { expect } from "chai";
import { messageOf } from "../../provider/base/errors.ts";
import { defaultImage } from "../../provider/base/package.ts";
import { openCluster } from "../../provider/cluster/kube-cluster.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import { SessionPool } from "../../provider/lifecycle/session/session-pool.ts";
import { applySet } from "../../provider/lifecycle/vnic-set.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { apiVersion, deriveMac, group, selfTestName, systemNamespace } from "../../provider/model/names.ts";
import type { Definition } from "../../provider/model/vnic/definition.ts";
import { parseSetDefinition } from "../../provider/model/vnic-set/definition.ts";
import { appPod } from "../lab/index.ts";
import { lan, leased, netnsName } from "../lab/layout.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { must, until } from "../lab/run.ts";
import {
  applyObjects,
  installPlatform,
  kubectl,
  providerKubeconfig,
  removeParts,
  serviceAccountKubeconfig,
} from "../support/cluster.ts";
import { asOldNode, runCommand } from "../support/command-line.ts";
import { breakPodNetwork, fillDisk } from "../support/damage.ts";
import { dhcpServer, installAgent, removeAgent } from "../support/dhcp.ts";
import { doctorOn, expectNamed, faultsOf, linesOf } from "../support/doctor.ts";
import { define } from "../support/lifecycle.ts";
import { answersPing } from "../support/outside.ts";
import { runInPodNetns } from "../support/pod-netns.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";
import { type Entry, patternOf, readEntries } from "../support/troubleshooting.ts";
import { useBench } from "../support/use-bench.ts";

const entries = readEntries();
const made = new Set<Entry>();

/** A test of the only entry of the page with these words: it makes the fault, which `doctor` must name with a remedy. */
function entry(words: string, test: (page: Entry) => Promise<void>): void {
  const [found, another] = entries.filter(({ title }) => title.includes(words));
  if (!found || another || made.has(found)) throw new Error(`"${words}" is not one more entry of the page`);
  made.add(found);
  it(found.title, () => test(found));
}

/*
 * Each fault of docs/troubleshooting.md is made for real. Where the page gives the message of a failed command, the real
 * one must match it.
 */
describe("doctor names each fault of the troubleshooting page:", () => {
  const namespace = "troubleshooting";
  const node = "node1";
  const bench = useBench({ namespace });
  const { examine } = doctorOn(bench);
  const id = (name: string) => `${namespace}/${name}`;
  const admin = (...argv: string[]) => kubectl(bench.lab.kubectl, argv);

  const wire = (given: Record<string, unknown> = {}): Definition =>
    define({ name: "wire", pod: { namespace, name: "db" }, addresses: ["192.168.50.90/24"], ...given });
  /** Without an address of its own, so it gets one by DHCP. */
  const leasedWire = (network: object): Definition =>
    define({ name: "leased", pod: { namespace, name: "db" }, network: { ...network } });
  /** The message of an injection that must fail. */
  const failure = (definition: Definition, image = defaultImage): Promise<string> => {
    const sessions = new SessionPool(bench.driver.cluster, { image });
    return inject({ ...bench.driver, sessions }, definition)
      .then(() => "it succeeded", messageOf)
      .finally(() => sessions.close());
  };

  const networks: string[] = [];
  /** Makes a Network that is removed after the test. */
  const makeNetwork = async (name: string, spec: object): Promise<string> => {
    networks.push(name);
    await applyObjects(bench.lab.kubectl, [{ apiVersion, kind: "VnicNetwork", metadata: { name }, spec }]);
    return name;
  };
  const undo: (() => Promise<unknown>)[] = [];
  /** Registers what to do after the test, before its Vnics are removed. */
  const afterwards = (work: () => Promise<unknown>): void => void undo.push(work);

  before(() => bench.runPod("db", node));
  afterEach(async () => {
    const failures: unknown[] = [];
    const steps = [...undo.splice(0).reverse(), () => bench.driver.sessions.close(), () => bench.ejectAll()];
    for (const name of networks.splice(0))
      // No reconciler is needed for this: the last Vnic has released the Network.
      steps.push(() => admin("delete", "vnicnetwork", name, "--ignore-not-found", "--timeout=300s"));
    for (const step of steps) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("\n"));
  });

  it("has a case here for each", () => {
    const missing = entries.filter((one) => !made.has(one)).map(({ title }) => title);
    expect(missing).to.deep.equal([]);
    expect(entries).to.not.have.length(0);
  });

  describe("installation and access", () => {
    entry("is too old for the Kubernetes client", async (page) => {
      const how = { kubeconfig: bench.lab.kubeconfig, nodeOptions: asOldNode };
      const { stderr } = await runCommand(["status"], how);
      expect(stderr.trim().replace(/^pulumi-vnic: /, "")).to.match(patternOf(page));
      const { code, stdout } = await runCommand(["doctor"], how);
      expect(code).to.equal(3);
      expect(stdout).to.match(/^✗ Node\.js: 20\.20\.2 is too old .* → put Node\.js 22\.19 or newer first on PATH$/m);
    });

    entry("the cluster doesn't know", async (page) => {
      afterwards(() => installPlatform(bench.lab.kubectl));
      await admin("delete", "crd", `vnics.${group}`, "--timeout=300s");
      expect(await failure(wire())).to.match(patternOf(page));
      const found = await examine("--node", node);
      expectNamed(found, /CustomResourceDefinition vnics\.pulumi-vnic\.dev: is missing$/, /^npx pulumi-vnic manifests/);
      expect(faultsOf(found), linesOf(found).join("\n")).to.have.length(1);
    });

    entry("a VnicSet needs the reconciler", async (page) => {
      const parsed = parseSetDefinition({
        ...{ name: "wires", namespace, selector: { app: "db" }, template: { network: { parent: "eth1" } } },
        addresses: [{ cidr: "192.168.50.0/24", from: "192.168.50.91", to: "192.168.50.92" }],
      });
      if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
      const cluster = await openCluster({ kubeconfig: await providerKubeconfig(bench.lab.kubectl) });
      const driver = { cluster, report: () => undefined };
      const refused = await applySet(driver, parsed.definition, { deadlineSeconds: 10 }).catch(messageOf);
      expect(refused).to.match(patternOf(page));
      expectNamed(await examine("--node", node), /reconciler: isn't installed/, /^npx pulumi-vnic manifests/);
    });

    entry("may not run in", async (page) => {
      const other = "localhost/other:1";
      const probe = JSON.stringify({
        ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "probe", namespace: systemNamespace } },
        spec: { containers: [{ name: "c", image: other }] },
      });
      /** A policy takes effect, and loses it, a moment later than its object is there or gone. */
      const policyIs = (inForce: boolean) =>
        until(`the policy to be ${inForce ? "in" : "out of"} force`, 180, async () => {
          const { stderr } = await bench.lab.kubectl(["create", "--dry-run=server", "-f", "-"], probe);
          return stderr.includes("own-pods-only") === inForce || undefined;
        });
      afterwards(async () => {
        await removeParts(bench.lab.kubectl, "policies");
        await policyIs(false);
      });
      await installPlatform(bench.lab.kubectl, ["policies"]);
      await policyIs(true);
      expect(await failure(wire(), other)).to.match(patternOf(page, { "ca12f31b-0f3a9c51": /\w+-\w+/ }));
      const found = await examine("--node", node, "--image", other);
      expectNamed(
        found,
        /policy own-pods-only\.pulumi-vnic\.dev: doesn't allow image localhost\/other:1$/,
        /manifests --image/,
      );
      expectNamed(found, /node node1: .*image localhost\/other:1 may not run in vnic-system/, /--allow-image/);
    });

    entry("ErrImagePull", async (page) => {
      const image = "localhost/nowhere:1";
      // Which event comes first depends on the node's container runtime.
      const why = /(ErrImagePull|ImagePullBackOff|Failed): .*localhost\/nowhere:1.*/;
      const varying = { "ca12f31b-0f3a9c51": /\w+-\w+/, [defaultImage]: image, "ErrImagePull: …": why };
      const [message, found] = await Promise.all([
        failure(wire(), image),
        examine("--node", "node2", "--image", image),
      ]);
      expect(message).to.match(patternOf(page, varying));
      expectNamed(found, /node node2: .*(ErrImagePull|ImagePullBackOff|Failed to pull image)/, /vnic:image/);
    });

    entry("cannot list resource", async (page) => {
      afterwards(() => bench.kubectl("delete", "serviceaccount", "nobody", "--ignore-not-found"));
      await bench.kubectl("create", "serviceaccount", "nobody");
      const kubeconfig = await serviceAccountKubeconfig(bench.lab.kubectl, namespace, "nobody");
      const { stderr } = await runCommand(["status"], { kubeconfig });
      expect(stderr.trim()).to.match(patternOf(page));
      const { code, stdout } = await runCommand(["doctor", "--node", node], { kubeconfig });
      expect(code).to.equal(3);
      expect(stdout).to.match(
        /✗ rights of system:serviceaccount:troubleshooting:nobody: lack .*get pods.*create, delete jobs in batch in namespace vnic-system.* → .*vnic-provider/,
      );
    });
  });

  describe("parents, pods and nodes", () => {
    entry("there is no interface", async (page) => {
      const name = await makeNetwork("troubleshooting-parent", { parent: "eth9" });
      const has = { "eth0, eth1, pods": /.*eth0.*/ };
      expect(await failure(wire({ network: name }))).to.match(patternOf(page, has));
      const found = await examine("--network", name, "--node", node);
      expectNamed(found, /node node1: Network troubleshooting-parent: .*no interface "eth9"/, /name another parent/);
    });

    entry("not done within", async (page) => {
      const pod = appPod({ namespace, name: "stuck", node }) as { spec: { nodeName?: string } };
      const { nodeName: _, ...spec } = pod.spec;
      afterwards(() => bench.kubectl("delete", "pod", "stuck", "--wait=true"));
      await applyObjects(bench.lab.kubectl, [{ ...pod, spec: { ...spec, nodeSelector: { no: "where" } } }]);
      await bench.kubectl("wait", "--for=condition=PodScheduled=False", "pod/stuck", "--timeout=300s");
      const late = wire({ pod: { namespace, name: "stuck" }, deadlines: { createSeconds: 2 } });
      const varying = { "shop/db-wire": id("wire"), "shop/db-0": id("stuck"), "120 s": "2 s" };
      expect(await failure(late)).to.match(patternOf(page, varying));
      const found = await examine("--pod", id("stuck"));
      expectNamed(found, /pod troubleshooting\/stuck: isn't running yet: Unschedulable/, /describe pod stuck/);
    });

    entry("isn't ready (", async (page) => {
      const far = (["node2", "node3"] as const).find((one) => kindOf(one).runtime === "containerd") ?? "node3";
      await bench.runPod("far", far);
      const state = await bench.inject(wire({ pod: { namespace, name: "far" } }));
      await bench.driver.sessions.close();
      const isReady = (status: string) =>
        admin("wait", `--for=condition=Ready=${status}`, `node/${far}`, "--timeout=300s");
      const mend = await breakPodNetwork(far);
      afterwards(async () => {
        await mend();
        await isReady("True");
      });
      await isReady("False");
      const varying = { node1: far, "shop/db-wire": id("wire") };
      expect(await bench.eject(state).then(() => "it succeeded", messageOf)).to.match(patternOf(page, varying));
      expectNamed(
        await examine("--node", far),
        new RegExp(`node ${far}: isn't ready: `),
        /^kubectl describe node node/,
      );
    });

    entry("no space is left", async (page) => {
      const before = await bench.linksIn("db");
      await bench.driver.sessions.close();
      afterwards(await fillDisk(bench.lab, node, stateDirectory));
      expect(await failure(wire())).to.match(patternOf(page));
      expect(await bench.linksIn("db")).to.deep.equal(before);
      const full = await examine("--node", node);
      expectNamed(full, /no space is left/, /^make room/);
      expectNamed(full, /node node1: writing .*; this keeps Vnic troubleshooting\/wire from being ready$/, /df \/var/);
      await undo.pop()?.();
      const state = await bench.inject(wire());
      expect(linesOf(await examine("--node", node)).join("\n")).to.not.include("no space");
      await bench.eject(state);
    });
  });

  describe("no error", () => {
    entry("nobody outside gets an answer", async () => {
      const name = await makeNetwork("troubleshooting-lan", { parent: "eth1" });
      const { ipv4: host } = lan.hosts.lan1;
      // The switch's port to the node forgets all MACs, learns none, and gets no frames to unknown MACs.
      const guard = (state: "on" | "off") => {
        const port = `type bridge_slave learning ${state} flood ${state} fdb_flush`;
        return must(["ip", "-n", netnsName("lan"), "link", "set", node, ...port.split(" ")]);
      };
      afterwards(() => guard("on"));
      await guard("off");
      await bench.inject(wire());
      expect(await answersPing(bench.lab, "lan1", "192.168.50.90", 2)).to.equal(false);
      const where = ["--network", name, "--node", node, "--namespace", namespace];
      const found = await examine(...where, "--self-test", host, "--address", "192.168.50.91/24");
      const mac = deriveMac({ namespace, name: selfTestName(node) });
      expectNamed(
        found,
        new RegExp(`node node1: self-test on Network ${name}: ${host} doesn't answer a NIC with MAC ${mac}, 192\\.168`),
        /promiscuous mode/,
      );
    });

    entry("stays in deletion", async () => {
      const name = await makeNetwork("troubleshooting-lan", { parent: "eth1" });
      const state = await bench.inject(wire({ network: name }));
      await bench.kubectl("delete", "vnic", "wire", "--wait=false");
      await admin("delete", "vnicnetwork", name, "--wait=false");
      const waiting = /has been waiting for its deletion since 20/;
      const ofPod = await examine("--pod", id("db"));
      expectNamed(ofPod, new RegExp(`Vnic troubleshooting/wire: ${waiting.source}`), /pulumi destroy .*the reconciler/);
      const ofNetwork = await examine("--network", name);
      expectNamed(
        ofNetwork,
        new RegExp(`Network ${name}: ${waiting.source}.*: Vnic troubleshooting/wire is on it$`),
        /^delete these Vnics/,
      );
      await bench.eject(state);
      await admin("wait", "--for=delete", `vnicnetwork/${name}`, "--timeout=300s");
    });
  });

  describe("DHCP", () => {
    entry("no node agent answers", async (page) => {
      expect(await failure(leasedWire({ parent: leased.parent }))).to.match(patternOf(page));
      expectNamed(await examine("--node", node), /node agent: isn't installed/, /^npx pulumi-vnic manifests/);
    });

    describe("with the node agent", () => {
      before(() => installAgent(bench.lab));
      after(() => removeAgent(bench.lab));

      entry("no DHCP server has given", async (page) => {
        const name = await makeNetwork("troubleshooting-leased", { parent: leased.parent });
        const server = await dhcpServer({ leaseSeconds: 600 });
        afterwards(() => server.close());
        const where = ["--network", name, "--node", node, "--namespace", namespace, "--self-test", leased.host];
        const [message, without] = await Promise.all([failure(leasedWire({ name })), examine(...where)]);
        expect(message).to.match(patternOf(page));
        expectNamed(without, /node node1: self-test .*no DHCP server has given an address/, /check .* DHCP server/);
        await server.start();
        expect(linesOf(await examine(...where)).join("\n")).to.match(
          /^ok node node1: .*192\.168\.60\.1 answers a NIC with MAC .*, the DHCP server gave 192\.168\.60\.1\d\d\/24$/m,
        );
      });

      entry("ResourceFileMissing", async () => {
        const state = await bench.inject(wire());
        const ready = async () => {
          const path = '{.status.conditions[?(@.type=="Ready")].reason}';
          return bench.kubectl("get", "vnic", "wire", "-o", `jsonpath=${path}`);
        };
        const becomes = (reason: string) =>
          until(`Ready to be ${reason}`, 180, async () => (await ready()) === reason || undefined);
        // The agent reports only the loss of a file that it has seen, and it has when it reports the cable.
        const setCable = (cable: "up" | "down") => must(["ip", "-n", netnsName("lan"), "link", "set", node, cable]);
        afterwards(() => setCable("up"));
        await setCable("down");
        await becomes("ParentDown");
        await setCable("up");
        await becomes("Attached");
        await bench.lab.exec(node, ["rm", `${stateDirectory}/vnics/${state.uid}.json`]);
        await becomes("ResourceFileMissing");
        const found = await examine("--node", node);
        expectNamed(found, /Vnic troubleshooting\/wire: ResourceFileMissing: /, /describe vnic wire$/);
        const again = await bench.inject(wire(), { known: state });
        expect(again.addresses).to.deep.equal(state.addresses);
        expect(faultsOf(await examine("--node", node))).to.deep.equal([]);
        await bench.eject(again);
      });
    });
  });

  describe("addresses and names that others have, of Vnics that wait for them", () => {
    let reconciler: Reconciler;
    before(async () => {
      reconciler = await startReconciler(bench.lab);
    });
    after(() => reconciler.stop());

    /** Declares a Vnic by kubectl, and waits until the reconciler has said why it can't be attached. */
    const declare = async (name: string, reason: string, spec: object): Promise<void> => {
      const definition = { pod: { name: "db" }, network: { parent: "eth1" }, ...spec };
      const vnic = { apiVersion, kind: "Vnic", metadata: { namespace, name }, spec: definition };
      afterwards(() => bench.kubectl("delete", "vnic", name, "--ignore-not-found", "--timeout=300s"));
      await applyObjects(bench.lab.kubectl, [vnic]);
      const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}';
      await until(
        `the reconciler to report ${reason}`,
        180,
        async () => (await bench.kubectl("get", "vnic", name, "-o", path)) === reason || undefined,
      );
    };
    /** Doctor names the waiting Vnic whether it is asked about the node or about the pod. */
    const expectNamedFor = async (line: RegExp): Promise<void> => {
      for (const scope of [["--node", node] as const, ["--pod", id("db")] as const])
        expectNamed(await examine(...scope), line, /^kubectl -n troubleshooting describe vnic later$/);
    };

    entry("is held by Vnic", async (page) => {
      const addresses = ["192.168.50.93/24"];
      await bench.inject(wire({ name: "holder", addresses }));
      const varying = { "192.168.50.10": "192.168.50.93", "shop/db-wire": id("holder"), "db-0": "db" };
      expect(await failure(wire({ addresses }))).to.match(patternOf(page, varying));
      await declare("later", "HeldByOther", { addresses });
      await expectNamedFor(/Vnic troubleshooting\/later: .*192\.168\.50\.93 is held by Vnic troubleshooting\/holder /);
    });

    entry("is in use on the network", async (page) => {
      const { ipv4: host } = lan.hosts.lan1;
      const addresses = [`${host}/24`];
      const { stdout } = await bench.lab.exec("lan1", ["ip", "-j", "link", "show", "eth0"]);
      const [{ address: mac } = { address: "" }] = JSON.parse(stdout) as { address: string }[];
      const varying = { "192.168.50.10": host, "52:54:00:12:34:56": mac };
      expect(await failure(wire({ addresses }))).to.match(patternOf(page, varying));
      await declare("later", "HeldByOther", { addresses });
      await expectNamedFor(new RegExp(`Vnic troubleshooting/later: .*${host} is in use .*, by a host with MAC ${mac}`));
    });

    entry("has an interface", async (page) => {
      const link = (...words: string[]) => runInPodNetns(bench, "db", ["ip", "link", ...words]);
      await link("add", "lan0", "type", "bridge");
      afterwards(() => link("del", "lan0"));
      expect(await failure(wire({ interfaceName: "lan0" }))).to.match(patternOf(page, { "shop/db-0": id("db") }));
      await declare("later", "Refused", { addresses: ["192.168.50.94/24"], interfaceName: "lan0" });
      await expectNamedFor(/Vnic troubleshooting\/later: .*pod troubleshooting\/db has an interface "lan0" already/);
    });
  });
});
