import { expect } from "chai";
import { openCluster } from "../../provider/cluster/kube-cluster.ts";
import type { VnicRecord } from "../../provider/model/vnic/record.ts";
import type { ResourceFile } from "../../provider/model/wire/resource-file.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { observe } from "../../provider/lifecycle/observe.ts";
import { agentName, systemNamespace } from "../../provider/model/names.ts";
import { until } from "../lab/run.ts";
import { kubectl, serviceAccountKubeconfig } from "../support/cluster.ts";
import {
  agentsReady,
  answersLeased,
  clientsOn,
  type DhcpServer,
  dhcpServer,
  installAgent,
  removeAgent,
} from "../support/dhcp.ts";
import { killProgram } from "../support/damage.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { addressesOf, define, linkNamed } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";

describe("DHCP", function () {
  this.timeout(1_200_000);
  let server: DhcpServer;
  let state: VnicState;
  const namespace = "dhcp";
  const bench = useBench({ namespace });
  const db = { namespace, name: "db" };
  const network = { parent: "eth2" };
  /** Longer than an agent needs to start again on a busy machine. */
  const leaseSeconds = 60;

  before(async () => {
    server = await dhcpServer({ leaseSeconds });
    bench.afterClose(() => server.close());
    bench.afterClose(() => removeAgent(bench.lab));
    await bench.runPod("db", "node1");
  });

  const addressesInPod = async () => addressesOf(linkNamed(await bench.linksIn("db"), state.interfaceName));
  const record = async () => JSON.parse(await bench.kubectl("get", "vnic", "wire", "-o", "json")) as VnicRecord;
  const ready = async () => (await record()).status?.conditions.find(({ type }) => type === "Ready");
  const file = async () => {
    const { stdout } = await bench.lab.exec("node1", ["cat", `${stateDirectory}/vnics/${state.uid}.json`]);
    return JSON.parse(stdout) as ResourceFile;
  };
  const leaseEnd = async () => Date.parse((await file()).lease?.expiresAt ?? "");
  /** Waits until the agent has recorded a renewal. */
  const renewed = async (before: number) =>
    until("a renewal", leaseSeconds, async () => ((await leaseEnd()) > before ? true : undefined));

  it("is refused without a trace when the node has no agent, with what to install", async () => {
    const refused = await bench.inject(define({ name: "wire", pod: db, network })).catch((error: unknown) => error);
    expect(refused)
      .to.be.an("error")
      .with.property("message")
      .that.matches(
        /dhcp: no node agent answers on node node\d, .*none is installed there; .*npx pulumi-vnic manifests/,
      );
    await assertNoLeaks(bench.lab);
  });

  it("gives an address to a Vnic without one, the same in outputs, record and resource file", async () => {
    await installAgent(bench.lab);
    await server.start();
    state = await bench.inject(define({ name: "wire", pod: db, network }));
    const [address = ""] = state.addresses;
    await until("the server's note of it", 180, async () => ((await server.leases()).size === 1 ? true : undefined));
    expect(await server.leases()).to.deep.equal(new Map([[state.mac, address.split("/")[0]]]));
    expect(state.lease).to.deep.equal({
      address,
      server: "192.168.60.1",
      leaseSeconds,
      renewSeconds: 30,
      rebindSeconds: 52,
    });
    expect(await addressesInPod()).to.deep.equal([address]);
    expect(await answersLeased(address)).to.equal(true);
    expect((await record()).status?.lease).to.deep.include({ address, leaseSeconds });
    expect((await file()).lease).to.deep.include({ address, leaseSeconds });
    expect(await observe(bench.driver, { namespace, name: "wire" }, state)).to.deep.equal(state);
    expect(await bench.kubectl("exec", "db", "--", "cat", "/etc/resolv.conf")).not.to.include("192.168.60.1");
  });

  it("is reported in the record only by the agent of the Vnic's node, which has no other rights", async () => {
    const words = ["get", "pods", "-n", systemNamespace, "-l", "app.kubernetes.io/component=node-agent", "-o", "json"];
    const { items } = JSON.parse(await kubectl(bench.lab.kubectl, words)) as {
      items: { metadata: { name: string; uid: string }; spec: { nodeName: string } }[];
    };
    const agentOf = async (node: string) => {
      const agent = items.find(({ spec }) => spec.nodeName === node)!.metadata;
      const words = ["--bound-object-kind=Pod", `--bound-object-name=${agent.name}`, `--bound-object-uid=${agent.uid}`];
      return serviceAccountKubeconfig(bench.lab.kubectl, systemNamespace, agentName, words);
    };
    const change = async (node: string) => {
      const cluster = await openCluster({ kubeconfig: await agentOf(node) });
      return cluster.changeVnicStatus({ namespace, name: "wire" }, state.uid, (status) => status).catch(String);
    };
    expect(await change("node2")).to.match(/of its own node only/);
    expect(await change("node1")).to.equal(undefined);
    const other = await bench.lab.kubectl([
      `--kubeconfig=${await agentOf("node1")}`,
      "-n",
      namespace,
      "get",
      "vnics,pods",
    ]);
    expect(other.stderr)
      .to.match(/cannot list resource "vnics"/)
      .and.match(/cannot list resource "pods"/);
  });

  it("keeps the address through restarts of agent, container runtime and kubelet, without an interruption", async () => {
    // From now on, the lease lasts for its whole time without a renewal.
    await renewed(await leaseEnd());
    const gaps: string[] = [];
    let watching = true;
    const watcher = (async () => {
      while (watching) if (!(await answersLeased(state.addresses[0] ?? ""))) gaps.push(new Date().toISOString());
    })();
    await kubectl(bench.lab.kubectl, [
      "delete",
      "pods",
      "-n",
      systemNamespace,
      "-l",
      "app.kubernetes.io/component=node-agent",
    ]);
    await agentsReady(bench.lab);
    await killProgram(bench.lab, "node1", "runtime");
    await killProgram(bench.lab, "node1", "kubelet");
    await until("the node to run commands in its pods again", 180, async () =>
      (await bench.lab.kubectl(["-n", namespace, "exec", "db", "--", "true"])).code === 0 ? true : undefined,
    );
    await renewed(await leaseEnd());
    watching = false;
    await watcher;
    expect(gaps).to.deep.equal([]);
    expect(await addressesInPod()).to.deep.equal(state.addresses);
    expect(await clientsOn(bench.lab, "node1")).to.have.length(1);
  });

  it("removes the address when the lease ends, reports it, and gets an address when the server is back", async () => {
    await server.stop();
    await until("the end of the lease", leaseSeconds + 60, async () =>
      (await addressesInPod()).length === 0 ? true : undefined,
    );
    expect(
      await until("the record", 180, async () => ((await ready())?.status === "False" ? await ready() : undefined)),
    )
      .to.have.property("message")
      .that.matches(/the lease of \S+ has expired/);
    expect((await observe(bench.driver, { namespace, name: "wire" }, state))?.drift).to.deep.equal([
      "the DHCP lease is lost",
    ]);
    await server.start();
    await until("a new lease", 180, async () => ((await addressesInPod()).length === 1 ? true : undefined));
    expect(await addressesInPod()).to.deep.equal(state.addresses);
    await until("the record", 180, async () => ((await ready())?.status === "True" ? true : undefined));
  });

  it("keeps the address from pod to pod and from node to node, without a remaining client", async () => {
    await bench.kubectl("delete", "pod", "db", "--wait=true");
    await until("the end of the client", 180, async () =>
      (await clientsOn(bench.lab, "node1")).length === 0 ? true : undefined,
    );
    await bench.runPod("db", "node2");
    const moved = await bench.inject(define({ name: "wire", pod: db, network }), { known: state });
    expect(moved.addresses).to.deep.equal(state.addresses);
    expect(await answersLeased(moved.addresses[0] ?? "")).to.equal(true);
    expect(await clientsOn(bench.lab, "node1")).to.deep.equal([]);
    state = moved;
  });

  it("releases the address with the Vnic", async () => {
    await bench.eject(state);
    await until("the release", 180, async () => ((await server.leases()).size === 0 ? true : undefined));
    expect(await clientsOn(bench.lab, "node2")).to.deep.equal([]);
  });
});
