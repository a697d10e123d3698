import { expect } from "chai";
import { parseLayout } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { Finding } from "../../provider/model/doctor/finding.ts";
import { agentName, apiVersion, deriveMac, group, selfTestName, systemNamespace } from "../../provider/model/names.ts";
import { lan, leased, netnsName } from "../lab/layout.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { applyObjects, installPlatform, kubectl, removeParts, serviceAccountKubeconfig } from "../support/cluster.ts";
import { runCommand } from "../support/command-line.ts";
import { must } from "../lab/run.ts";
import { agentsReady, dhcpServer, installAgent, removeAgent } from "../support/dhcp.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";

/* Each fault is created for real, and the command must name it and its remedy. */

describe("pulumi-vnic doctor", () => {
  const namespace = "doctor";
  const bench = useBench({ namespace });

  before(() => bench.runPod("db", "node1"));

  const run = (...argv: string[]) => runCommand(["doctor", ...argv], { kubeconfig: bench.lab.kubeconfig });
  async function examine(...argv: string[]): Promise<Finding[]> {
    const { code, stdout, stderr } = await run("--json", ...argv);
    const { findings } = JSON.parse(stdout || stderr) as { findings: Finding[] };
    expect(code, "exit code").to.equal(findings.some(({ level }) => level === "fault") ? 3 : 0);
    return findings;
  }
  const faults = (findings: readonly Finding[]) => findings.filter(({ level }) => level === "fault");
  const lines = (findings: readonly Finding[]) =>
    findings.map(({ level, subject, message }) => `${level} ${subject}: ${message}`);
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
      expect(lines(faults(await examine("--node", "node1", "--image", "localhost/other:1"))).join("\n"))
        .to.match(/policy own-pods-only.pulumi-vnic.dev: doesn't allow image localhost\/other:1/)
        .and.match(/node node1: .*image localhost\/other:1 may not run in vnic-system/);
    } finally {
      await removeParts(bench.lab.kubectl, "policies");
      await removeAgent(bench.lab);
    }
  });

  it("reports an image that a node can't pull", async () => {
    const [found] = faults(await examine("--node", "node2", "--image", "localhost/nowhere:1"));
    expect(found?.subject).to.equal("node node2");
    // Which event comes first depends on the node's container runtime.
    expect(found?.message).to.match(/(ErrImagePull|ImagePullBackOff|Failed to pull image).*localhost\/nowhere:1/);
    expect(found?.remedy).to.include("vnic:image");
  });

  it("reports Pod Security that refuses injection Jobs", async () => {
    const key = "pod-security.kubernetes.io/enforce";
    await admin("label", "namespace", systemNamespace, `${key}=restricted`, "--overwrite");
    try {
      const found = faults(await examine("--node", "node1"));
      expect(found[0]).to.include({ subject: `namespace ${systemNamespace}` });
      expect(found[0]?.remedy).to.equal(`kubectl label namespace ${systemNamespace} ${key}=privileged --overwrite`);
    } finally {
      await admin("label", "namespace", systemNamespace, `${key}=privileged`, "--overwrite");
    }
  });

  it("reports a missing CRD", async () => {
    await admin("delete", "crd", `vnicsets.${group}`, "--timeout=30s");
    try {
      expect(lines(faults(await examine("--node", "node1")))).to.deep.equal([
        `fault CustomResourceDefinition vnicsets.${group}: is missing`,
      ]);
    } finally {
      await installPlatform(bench.lab.kubectl);
    }
  });

  it("reports a CRD of another version", async () => {
    const path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/duplicateAddressDetection";
    await admin("patch", "crd", `vnics.${group}`, "--type=json", "-p", JSON.stringify([{ op: "remove", path }]));
    try {
      expect(lines(faults(await examine("--node", "node1")))).to.deep.equal([
        `fault CustomResourceDefinition vnics.${group}: comes from another version of pulumi-vnic: spec.properties.duplicateAddressDetection differs`,
      ]);
    } finally {
      await installPlatform(bench.lab.kubectl);
    }
  });

  it("reports parents that are missing, down or too small, and a kernel without a mode's links", async () => {
    await applyObjects(bench.lab.kubectl, [
      network("doctor-missing", { parent: "eth9" }),
      network("doctor-jumbo", { parent: "eth1", mtu: 9000 }),
      network("doctor-ipvlan", { parent: "eth1", mode: "ipvlan" }),
      network("doctor-down", { parent: "down0" }),
    ]);
    await bench.lab.exec("node1", ["ip", "link", "add", "down0", "type", "bridge"]);
    try {
      const found = lines(faults(await examine("--node", "node1")));
      expect(found).to.have.length(4);
      const words = found.join("\n");
      expect(words).to.match(/node node1: Network doctor-missing: network.parent: there is no interface "eth9"/);
      expect(words).to.match(/node node1: Network doctor-jumbo: MTU 9000 is more than the 1500 of eth1/);
      expect(words).to.match(/node node1: its kernel has no ipvlan links, which Network doctor-ipvlan needs/);
      expect(words).to.match(/node node1: Network doctor-down: network.parent: interface "down0" on the node is down/);
      expect(lines(faults(await examine("--network", "doctor-jumbo", "--node", "node1")))).to.have.length(1);
    } finally {
      await bench.lab.exec("node1", ["ip", "link", "del", "down0"]);
      await admin("delete", "vnicnetworks", "doctor-missing", "doctor-jumbo", "doctor-ipvlan", "doctor-down");
    }
  });

  it("reports waiting records, and pods that can't get a NIC", async () => {
    const spec = { pod: { name: "nobody" }, network: { parent: "eth1" }, addresses: ["192.168.50.61/24"] };
    await applyObjects(bench.lab.kubectl, [{ apiVersion, kind: "Vnic", metadata: { namespace, name: "waits" }, spec }]);
    try {
      const found = await examine("--pod", `${namespace}/nobody`);
      expect(lines(found)).to.include.members([
        `fault pod ${namespace}/nobody: there is no such pod`,
        `warning Vnic ${namespace}/waits: hasn't been realised yet`,
      ]);
      expect(lines(await examine("--pod", `${namespace}/db`))).to.include(`ok pod ${namespace}/db: runs on node node1`);
    } finally {
      await bench.kubectl("delete", "vnic", "waits");
    }
  });

  it("doesn't disturb a working NIC", async () => {
    const wire = define({ name: "wire", pod: { namespace, name: "db" }, addresses: ["192.168.50.62/24"] });
    const state = await bench.inject(wire);
    const before = await bench.linksIn("db");
    expect(lines(await examine("--pod", `${namespace}/db`))).to.include("ok Vnics: 1 of 1 are ready");
    expect(await bench.linksIn("db")).to.deep.equal(before);
    await bench.eject(state);
  });

  it("reports an account without the rights, and an API server that doesn't answer", async () => {
    await bench.kubectl("create", "serviceaccount", "nobody");
    const kubeconfig = await serviceAccountKubeconfig(bench.lab.kubectl, namespace, "nobody");
    const { code, stdout } = await runCommand(["doctor", "--node", "node1"], { kubeconfig });
    expect(code).to.equal(3);
    expect(stdout).to.match(
      /✗ rights of system:serviceaccount:doctor:nobody: lack .*get pods.*create, delete jobs in batch in namespace vnic-system/,
    );
    expect(stdout).to.include("vnic-provider");

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
      const [found] = await waitFor(async () => faults(await examine("--node", "node1")));
      expect(found?.message).to.match(/2 of 3 are ready; not on node\d/);
    } finally {
      await removeAgent(bench.lab);
    }
  });

  describe("--self-test", () => {
    const host = lan.hosts.lan1.ipv4;
    const selfTest = (name: string, ...argv: string[]) =>
      examine("--network", name, "--node", "node1", "--namespace", namespace, "--self-test", ...argv);
    const found = (findings: readonly Finding[]) => lines(findings).filter((line) => line.includes("self-test"));
    const mac = deriveMac({ namespace, name: selfTestName("node1") });

    before(() =>
      applyObjects(bench.lab.kubectl, [
        network("doctor-lan", { parent: "eth1" }),
        network("doctor-leased", { parent: leased.parent }),
      ]),
    );
    afterEach(async () => {
      expect(await bench.kubectl("get", "pods,vnics", "-o", "name")).to.equal("pod/db\n");
    });
    after(() => admin("delete", "vnicnetworks", "doctor-lan", "doctor-leased"));

    it("shows that a host outside answers, and removes what an interrupted test left", async () => {
      const name = selfTestName("node1");
      await bench.runPod(name, "node1");
      await bench.inject(define({ name, pod: { namespace, name }, addresses: ["192.168.50.64/24"] }));
      expect(found(await selfTest("doctor-lan", host, "--address", "192.168.50.63/24"))).to.deep.equal([
        `ok node node1: self-test on Network doctor-lan: ${host} answers a NIC with MAC ${mac}, 192.168.50.63/24`,
      ]);
    });

    it("shows that frames with other MACs than the node's don't pass", async () => {
      // The switch's port to the node then forgets all MACs, learns none, and gets no frames to unknown MACs.
      const guard = (state: "on" | "off") => {
        const port = `type bridge_slave learning ${state} flood ${state} fdb_flush`;
        return must(["ip", "-n", netnsName("lan"), "link", "set", "node1", ...port.split(" ")]);
      };
      await guard("off");
      try {
        expect(found(await selfTest("doctor-lan", host, "--address", "192.168.50.63/24"))).to.deep.equal([
          `fault node node1: self-test on Network doctor-lan: ${host} doesn't answer a NIC with MAC ${mac}, 192.168.50.63/24`,
        ]);
      } finally {
        await guard("on");
      }
    });

    it("shows whether a DHCP server answers", async () => {
      await installAgent(bench.lab);
      const server = await dhcpServer({ leaseSeconds: 600 });
      try {
        expect(found(await selfTest("doctor-leased", leased.host)).join("\n")).to.match(
          /^fault node node1: .*no DHCP server has given an address/,
        );
        await server.start();
        expect(found(await selfTest("doctor-leased", leased.host)).join("\n")).to.match(
          /^ok node node1: .*192\.168\.60\.1 answers a NIC with MAC .*, the DHCP server gave 192\.168\.60\.1\d\d\/24$/,
        );
      } finally {
        await server.close();
        await removeAgent(bench.lab);
      }
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
