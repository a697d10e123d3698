import { AsyncLocalStorage } from "node:async_hooks";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { netnsDirectory, parseLayout, stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import { hostSideName, linkAlias, transitLinkName } from "../../provider/model/names.ts";
import type { Mode } from "../../provider/model/network/mode.ts";
import { resourceFile } from "../../provider/model/wire/resource-file.ts";
import type { InjectPlan } from "../../provider/model/wire/session-protocol.ts";
import type { Watch } from "../../provider/agent/watch.ts";
import { eject } from "../../provider/node/eject.ts";
import { inject } from "../../provider/node/inject.ts";
import { usePrograms } from "../../provider/node/run.ts";
import { FakeKernel, type FakeLink } from "./kernel.ts";
import { injectPlan, uid } from "./objects.ts";
import { FakePrograms } from "./programs.ts";

const netns = "cni-1";
const sandbox = "5a".repeat(32);

/** The folders of a node with one pod. Concurrent fake nodes share the folders, and each has its own Vnic. */
export class FakeNodes {
  private readonly root: string;
  private readonly current = new AsyncLocalStorage<FakePrograms>();
  private made = 0;

  private constructor(root: string) {
    this.root = root;
  }

  /** Makes the folders; until `close`, all programs are fakes. */
  static async open(): Promise<FakeNodes> {
    const nodes = new FakeNodes(await mkdtemp(join(tmpdir(), "vnic-programs-")));
    const { root, current } = nodes;
    const { bundles, config, annotations } = parseLayout("containerd");
    const { pod } = injectPlan();
    await mkdir(join(root, netnsDirectory), { recursive: true });
    await writeFile(join(root, netnsDirectory, netns), "");
    const content = {
      annotations: {
        [annotations.podUid]: pod.uid,
        [annotations.podNamespace]: pod.namespace,
        [annotations.podName]: pod.name,
        [annotations.sandboxId]: sandbox,
      },
      linux: { namespaces: [{ type: "network", path: `/var/run/netns/${netns}` }] },
    };
    for (const id of [sandbox, pod.containerId.split("://")[1] ?? ""]) {
      await mkdir(join(root, bundles, id), { recursive: true });
      await writeFile(join(root, bundles, id, config), JSON.stringify(content));
    }
    process.env["VNIC_HOST_ROOT"] = root;
    usePrograms({
      start: (...args) => current.getStore()!.start(...args),
      startLongRunning: (...args) => current.getStore()!.startLongRunning(...args),
    });
    return nodes;
  }

  async close(): Promise<void> {
    usePrograms(undefined);
    delete process.env["VNIC_HOST_ROOT"];
    await rm(this.root, { recursive: true, force: true });
  }

  /** Lets sysfs(5) show a network card at that address of a bus, or with another driver, which has no such device. */
  async addCard(bus: string, address: string, driver: "network" | "other" = "network"): Promise<void> {
    const card = join(this.root, "sys/bus", bus, "devices", address);
    await mkdir(driver === "network" ? join(card, "net") : card, { recursive: true });
  }

  add(mode: Mode): FakeNode {
    return new FakeNode(this.root, ++this.made, mode, this.current);
  }
}

/** A node with the NIC of one external network, a pod, and the node side working on one Vnic. */
export class FakeNode {
  readonly kernel = new FakeKernel();
  readonly programs = new FakePrograms(this.kernel);
  /** A plan for a NIC on the external network, in the node's mode. */
  readonly plan: InjectPlan;
  private readonly root: string;
  private readonly current: AsyncLocalStorage<FakePrograms>;
  private readonly pod: string;

  constructor(root: string, number: number, mode: Mode, current: AsyncLocalStorage<FakePrograms>) {
    this.root = root;
    this.current = current;
    this.pod = join(root, netnsDirectory, netns);
    const { kernel } = this;
    for (const place of ["node", this.pod]) kernel.addPlace(place);
    const parent = `lan${number}`;
    kernel.add(this.pod, { name: "eth0", mac: "02:00:00:00:00:02", kind: "veth", addresses: ["10.214.1.5/24"] });
    kernel.add("node", { name: "eth0", mac: "52:54:00:00:00:01", bus: "0000:02:00.0" });
    if (mode === "bridge") kernel.add("node", { name: parent, mac: "52:54:00:00:00:02", kind: "bridge" });
    else kernel.add("node", { name: parent, mac: "52:54:00:00:00:03", bus: "0000:03:00.0" });
    this.plan = injectPlan({
      vnic: { uid: uid(1000 + number), namespace: "shop", name: `wire-${number}` },
      network: { mode, parent },
      duplicateAddressDetection: false,
    });
  }

  inject(more: Partial<InjectPlan> = {}) {
    return this.run(() => inject({ ...this.plan, ...more }, () => undefined, Promise.resolve(true)));
  }

  eject() {
    return this.run(() => eject({ vnic: this.plan.vnic }, () => undefined));
  }

  /** Lets the agent's watch look at the node, and waits for its checks. */
  async check(watch: Watch): Promise<void> {
    await this.run(async () => (await watch.check()).ended);
  }

  /** Lets somebody in the pod run a line of `ip -batch`. */
  runInPod(line: string): void {
    this.kernel.run(this.pod, line);
  }

  /** Removes the pod's network namespace, as a runtime does; the kernel returns the pod's devices somewhat later. */
  async endPod(): Promise<void> {
    await rm(this.pod);
  }

  /** Moves a device that the pod had to the node, with the name that it has in the pod. */
  returnDevice(name: string): void {
    this.kernel.run(this.pod, `link set dev ${name} netns node`);
  }

  /** Removes the Vnic's resource file by hand. */
  loseFile(): Promise<void> {
    return rm(this.file);
  }

  /** The pod's NIC with the given name. */
  nic(name: string) {
    return this.kernel.linksOf(this.pod).find((link) => link.name === name);
  }

  /** The step in the Vnic's resource file; undefined if there is no such file. */
  async step(): Promise<string | undefined> {
    const text = await readFile(this.file, "utf8").catch(() => undefined);
    return text === undefined ? undefined : resourceFile.parse(JSON.parse(text)).step;
  }

  /** Names of the Vnic's files in the node's state directory. */
  async files(): Promise<string[]> {
    const names = await readdir(join(this.root, stateDirectory, "vnics")).catch((): string[] => []);
    return names.filter((name) => name.includes(this.plan.vnic.uid));
  }

  /** Links with the Vnic's alias or one of its names. */
  ours(): string[] {
    return this.links()
      .filter(({ link }) => this.isOurs(link))
      .map(({ place, link }) => `${link.name} in ${place}`);
  }

  /** The current links, except those of the Vnic. */
  others(): unknown {
    const others = this.links().filter(({ link }) => !this.isOurs(link));
    return others.map(({ place, link }) => ({ place, ...link, alias: link.alias ?? "" }));
  }

  private get file(): string {
    return join(this.root, stateDirectory, "vnics", `${this.plan.vnic.uid}.json`);
  }

  private isOurs({ name, alias }: FakeLink): boolean {
    const { uid } = this.plan.vnic;
    return alias === linkAlias(uid) || [transitLinkName(uid), hostSideName(uid)].includes(name);
  }

  private links() {
    return [
      ...this.kernel.linksOf("node").map((link) => ({ place: "the node", link })),
      ...this.kernel.linksOf(this.pod).map((link) => ({ place: "the pod", link })),
    ].toSorted((one, other) => one.link.index - other.link.index);
  }

  private run<T>(work: () => Promise<T>): Promise<T> {
    return this.current.run(this.programs, work);
  }
}
