import { expect } from "chai";
import { parseLayout } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { Finding } from "../../provider/model/doctor/finding.ts";
import { agentName, apiVersion, deriveMac, group, selfTestName, systemNamespace } from "../../provider/model/names.ts";
import { lan } from "../lab/layout.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { until } from "../lab/run.ts";
import { applyObjects, installPlatform, kubectl, removeParts } from "../support/cluster.ts";
import { runCommand } from "../support/command-line.ts";
import { agentsReady, removeAgent } from "../support/dhcp.ts";
import { doctorOn, faultsOf, linesOf } from "../support/doctor.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";

/*
 * Each fault is created for real, and the command must name it and its remedy. Those of the troubleshooting page are in
 * troubleshooting.test.ts.
 */

describe("pulumi-vnic doctor", () => {
  const namespace = "doctor";
  const bench = useBench({ namespace });

  before(() => bench.runPod("db", "node1"));

  const { run, examine } = doctorOn(bench);
  const network = (name: string, spec: object) => ({ apiVersion, kind: "VnicNetwork", metadata: { name }, spec });
  const admin = (...argv: string[]) => kubectl(bench.lab.kubectl, argv);

  it("finds no fault in a working cluster, and lists its checks with --verbose", async () => {
    await installPlatform(bench.lab.kubectl, ["policies", "agent"]);
    try {
      await agentsReady(bench.lab);
      const { code, stdout } = await run("--verbose");
      expect(stdout).to.not.include("✗");
      expect(code).to.equal(0);
      for (const words of [
        "CustomResourceDefinition vnics.pulumi-vnic.dev: is of this version",
        "rights of admin: are all",
        "rights of account vnic-provider: are all",
        "policy own-pods-only.pulumi-vnic.dev: is there",
        `node node3: an injection session can start, on ${parseLayout(kindOf("node3").layout).runtime}://`,
        "node agent: 3 of 3 are ready",
      ])
        expect(stdout).to.include(words);
    } finally {
      await removeParts(bench.lab.kubectl, "policies");
      await removeAgent(bench.lab);
    }
  });

  it("reports Pod Security that refuses injection Jobs", async () => {
    const key = "pod-security.kubernetes.io/enforce";
    await admin("label", "namespace", systemNamespace, `${key}=restricted`, "--overwrite");
    try {
      const found = faultsOf(await examine("--node", "node1"));
      expect(found[0]).to.include({ subject: `namespace ${systemNamespace}` });
      expect(found[0]?.remedy).to.equal(`kubectl label namespace ${systemNamespace} ${key}=privileged --overwrite`);
    } finally {
      await admin("label", "namespace", systemNamespace, `${key}=privileged`, "--overwrite");
    }
  });

  it("reports a CRD of another version", async () => {
    const path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/duplicateAddressDetection";
    await admin("patch", "crd", `vnics.${group}`, "--type=json", "-p", JSON.stringify([{ op: "remove", path }]));
    try {
      expect(linesOf(faultsOf(await examine("--node", "node1")))).to.deep.equal([
        `fault CustomResourceDefinition vnics.${group}: comes from another version of pulumi-vnic: spec.properties.duplicateAddressDetection differs`,
      ]);
    } finally {
      await installPlatform(bench.lab.kubectl);
    }
  });

  it("reports parents that are down or too small, and a kernel without a mode's links", async () => {
    await applyObjects(bench.lab.kubectl, [
      network("doctor-jumbo", { parent: "eth1", mtu: 9000 }),
      network("doctor-ipvlan", { parent: "eth1", mode: "ipvlan" }),
      network("doctor-down", { parent: "down0" }),
    ]);
    await bench.lab.exec("node1", ["ip", "link", "add", "down0", "type", "bridge"]);
    try {
      const found = linesOf(faultsOf(await examine("--node", "node1")));
      expect(found).to.have.length(3);
      const words = found.join("\n");
      expect(words).to.match(/node node1: Network doctor-jumbo: MTU 9000 is more than the 1500 of eth1/);
      expect(words).to.match(/node node1: its kernel has no ipvlan links, which Network doctor-ipvlan needs/);
      expect(words).to.match(/node node1: Network doctor-down: network.parent: interface "down0" on the node is down/);
      expect(linesOf(faultsOf(await examine("--network", "doctor-jumbo", "--node", "node1")))).to.have.length(1);
    } finally {
      await bench.lab.exec("node1", ["ip", "link", "del", "down0"]);
      await admin("delete", "vnicnetworks", "doctor-jumbo", "doctor-ipvlan", "doctor-down");
    }
  });

  it("reports waiting records, and pods that can't get a NIC", async () => {
    const spec = { pod: { name: "nobody" }, network: { parent: "eth1" }, addresses: ["192.168.50.61/24"] };
    await applyObjects(bench.lab.kubectl, [{ apiVersion, kind: "Vnic", metadata: { namespace, name: "waits" }, spec }]);
    try {
      const found = await examine("--pod", `${namespace}/nobody`);
      expect(linesOf(found)).to.include.members([
        `fault pod ${namespace}/nobody: there is no such pod`,
        `warning Vnic ${namespace}/waits: hasn't been realised yet`,
      ]);
      expect(linesOf(await examine("--pod", `${namespace}/db`))).to.include(
        `ok pod ${namespace}/db: runs on node node1`,
      );
    } finally {
      await bench.kubectl("delete", "vnic", "waits");
    }
  });

  it("doesn't disturb a working NIC", async () => {
    const wire = define({ name: "wire", pod: { namespace, name: "db" }, addresses: ["192.168.50.62/24"] });
    const state = await bench.inject(wire);
    const before = await bench.linksIn("db");
    expect(linesOf(await examine("--pod", `${namespace}/db`))).to.include("ok Vnics: 1 of 1 are ready");
    expect(await bench.linksIn("db")).to.deep.equal(before);
    await bench.eject(state);
  });

  it("reports an API server that doesn't answer", async () => {
    const dead = await runCommand(["doctor", "--kubeconfig", "/nowhere"]);
    expect(dead.code).to.equal(3);
    expect(dead.stdout).to.match(/✗ API server: kubeconfig "\/nowhere" is neither a file/);
  });

  it("reports the nodes on which the agent isn't ready", async () => {
    await installPlatform(bench.lab.kubectl, ["agent"]);
    try {
      await agentsReady(bench.lab);
      const patch = { spec: { template: { spec: { containers: [{ name: "agent", image: "localhost/nowhere:1" }] } } } };
      await admin("-n", systemNamespace, "patch", "daemonset", agentName, "-p", JSON.stringify(patch));
      // When there is an agent that never starts, the one that it replaces is gone.
      const images = ["-o", "jsonpath={.items[*].spec.containers[*].image}"];
      const agents = ["get", "pods", "-l", "app.kubernetes.io/component=node-agent", ...images];
      await until(
        "an agent that can't start",
        300,
        async () => (await admin("-n", systemNamespace, ...agents)).includes("nowhere") || undefined,
      );
      const [found] = await waitFor(async () => faultsOf(await examine("--node", "node1")));
      expect(found?.message).to.match(/2 of 3 are ready; not on node\d/);
    } finally {
      await removeAgent(bench.lab);
    }
  });

  describe("--self-test", () => {
    const host = lan.hosts.lan1.ipv4;
    const selfTest = (name: string, ...argv: string[]) =>
      examine("--network", name, "--node", "node1", "--namespace", namespace, "--self-test", ...argv);
    const found = (findings: readonly Finding[]) => linesOf(findings).filter((line) => line.includes("self-test"));
    const mac = deriveMac({ namespace, name: selfTestName("node1") });

    before(() => applyObjects(bench.lab.kubectl, [network("doctor-lan", { parent: "eth1" })]));
    afterEach(async () => {
      expect(await bench.kubectl("get", "pods,vnics", "-o", "name")).to.equal("pod/db\n");
    });
    after(() => admin("delete", "vnicnetworks", "doctor-lan"));

    it("shows that a host outside answers, and removes what an interrupted test left", async () => {
      const name = selfTestName("node1");
      await bench.runPod(name, "node1");
      await bench.inject(define({ name, pod: { namespace, name }, addresses: ["192.168.50.64/24"] }));
      expect(found(await selfTest("doctor-lan", host, "--address", "192.168.50.63/24"))).to.deep.equal([
        `ok node node1: self-test on Network doctor-lan: ${host} answers a NIC with MAC ${mac}, 192.168.50.63/24`,
      ]);
    });

    it("reports what the network refuses, and needs a network", async () => {
      const [fault = ""] = found(await selfTest("doctor-nowhere", host));
      expect(fault).to.match(/^fault node node1: .*doctor-nowhere/);
      const { code, stderr } = await run("--self-test", host);
      expect(code).to.equal(2);
      expect(stderr).to.match(/^pulumi-vnic: --self-test needs --network, the name of a VnicNetwork\n/);
    });
  });

  async function waitFor(look: () => Promise<Finding[]>): Promise<Finding[]> {
    for (;;) {
      const found = await look();
      if (found.length > 0) return found;
    }
  }
});
