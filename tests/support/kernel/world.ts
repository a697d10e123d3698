import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  cniResultsDirectory,
  netnsDirectory,
  parseLayout,
  stateDirectory,
} from "../../../provider/model/kubernetes/runtime-layout.ts";
import { group } from "../../../provider/model/names.ts";
import { resourceFile, type ResourceFile } from "../../../provider/model/wire/resource-file.ts";
import type { InjectPlan } from "../../../provider/model/wire/session-protocol.ts";
import { must, until } from "../../lab/run.ts";
import { addressesOf, type LinkRow, Machine } from "./machine.ts";
import { Session } from "./session.ts";

/** Addresses of the world's LAN. */
export const lan = {
  router: "192.168.50.1",
  hosts: ["192.168.50.201", "192.168.50.202"],
  hosts6: ["fd50::201", "fd50::202"],
  dhcp: { from: "192.168.50.100", to: "192.168.50.150" },
} as const;

/** A pod as its node knows it: a network namespace, and the bundles that the runtime wrote. */
export interface Pod {
  readonly machine: Machine;
  /** The pod in a plan. */
  readonly plan: InjectPlan["pod"];
  /** Removes the pod's bundles and its namespace. */
  close(): Promise<void>;
  /** Waits until the kernel has removed the links of a closed pod. Until then, no other link can be up with their MACs. */
  gone(): Promise<void>;
}

/**
 * A node with pods, and a LAN with two hosts. They are uniquely named network namespaces of this machine, and a folder
 * is the node's file system. Nothing else of the machine changes, and `close` removes everything. The node has `eth1`,
 * which leads to the LAN's bridge, and `cni0`, the bridge to which its pods' `eth0` is connected.
 */
export class World {
  readonly root: string;
  readonly node: Machine;
  /** The LAN: the namespace of its bridge `lan`, which is also its router. */
  readonly lan: Machine;
  readonly hosts: readonly Machine[];
  readonly session: Session;
  private readonly prefix: string;
  private readonly closers: (() => Promise<void>)[] = [];
  private pods = 0;

  private constructor(root: string, prefix: string, node: Machine, outside: Machine, hosts: readonly Machine[]) {
    this.root = root;
    this.prefix = prefix;
    this.node = node;
    this.lan = outside;
    this.hosts = hosts;
    this.session = new Session(node, root);
  }

  static async make(): Promise<World> {
    const root = await mkdtemp(join(tmpdir(), "vnic-kernel-"));
    const prefix = `vk${randomBytes(3).toString("hex")}`;
    const [node, outside, host1, host2] = await Promise.all(
      ["node", "lan", "host1", "host2"].map((name) => Machine.make(`${prefix}-${name}`)),
    );
    if (!node || !outside || !host1 || !host2) throw new Error("a machine is missing");
    await Promise.all(
      [netnsDirectory, stateDirectory, parseLayout("containerd").bundles].map((path) =>
        mkdir(join(root, path), { recursive: true }),
      ),
    );
    // The kernel's tables, which show the node's namespace to a process in it.
    await symlink("/proc", join(root, "proc"));
    await outside.ip(
      "link add lan type bridge",
      "link set lan up",
      `address add ${lan.router}/24 dev lan`,
      `address add fd50::1/64 dev lan nodad`,
      // The route for broadcasts, such as a DHCP server's answers.
      "route add 255.255.255.255 dev lan",
    );
    await plug(node, "eth1", outside);
    for (const [index, host] of [host1, host2].entries()) {
      await plug(host, "eth0", outside);
      await host.ip(
        `address add ${lan.hosts[index]}/24 dev eth0`,
        `address add ${lan.hosts6[index]}/64 dev eth0 nodad`,
      );
    }
    // With an address of its own, it doesn't take another one when the kernel removes the link of a pod that has ended.
    await node.ip(
      "link add cni0 address 02:00:5e:00:01:01 type bridge",
      "address add 10.214.1.1/16 dev cni0",
      "link set cni0 up",
    );
    return new World(root, prefix, node, outside, [host1, host2]);
  }

  /**
   * A world whose node has parents for every mode: the free NIC `eth7` in addition to `eth1`, and the bridge `br7`
   * with its port `eth8`.
   */
  static async makeWithParents(): Promise<World> {
    const world = await World.make();
    await world.addNic("eth7");
    await world.addBridge("br7", "eth8");
    return world;
  }

  /**
   * Removes the bundles of a pod, and writes libcni's cache of its network, as for a runtime whose bundles can't be
   * read.
   */
  async leaveOnlyCniResult({ plan: { namespace, name, uid }, machine }: Pod, more: object = {}): Promise<void> {
    const bundles = join(this.root, parseLayout("containerd").bundles);
    for (const id of await readdir(bundles)) await rm(join(bundles, id), { recursive: true });
    const folder = join(this.root, cniResultsDirectory);
    await mkdir(folder, { recursive: true });
    const cniArgs = [
      ["IgnoreUnknown", "true"],
      ["K8S_POD_NAMESPACE", namespace],
      ["K8S_POD_NAME", name],
      ["K8S_POD_UID", uid],
    ];
    const containerId = "5a".repeat(32);
    const netns = `/var/run/netns/${machine.netns}`;
    const result = { kind: "cniCacheV1", containerId, ifName: "eth0", networkName: "cluster", netns, cniArgs, ...more };
    await writeFile(join(folder, `cluster-${containerId}-eth0`), JSON.stringify(result));
    this.closers.push(() => rm(folder, { recursive: true, force: true }));
  }

  /** Adds a NIC on the LAN to the node; `peerIndex` is the interface index of its peer in the LAN. */
  async addNic(name: string, peerIndex?: number): Promise<void> {
    await plug(this.node, name, this.lan, peerIndex);
  }

  /** Adds a bridge to the node, with a new NIC as its port to the LAN. */
  async addBridge(name: string, port: string): Promise<void> {
    await this.addNic(port);
    await this.node.ip(`link add ${name} type bridge`, `link set ${port} master ${name}`, `link set ${name} up`);
  }

  /**
   * Adds a running pod with an `eth0` in the cluster's network. `directory` is where the node has the pod's network
   * namespace, and `make` creates that namespace.
   */
  async addPod(
    name = `pod-${this.pods}`,
    directory = netnsDirectory,
    make: (netns: string) => Promise<Machine> = (netns) => Machine.make(netns),
  ): Promise<Pod> {
    const number = ++this.pods;
    const machine = await make(`${this.prefix}-p${number}`);
    await this.node.ip(
      `link add veth${number} type veth peer name eth0 netns ${machine.netns}`,
      `link set veth${number} master cni0 up`,
    );
    // Makes the pod's link-local address usable at once, so that later only the test changes the pod's addresses.
    await machine.must(["sysctl", "-q", "-w", "net.ipv6.conf.eth0.accept_dad=0"]);
    await machine.ip(
      "link set eth0 up",
      `address add 10.214.${1 + (number >> 8)}.${(number + 1) & 255}/16 dev eth0`,
      "route add default via 10.214.1.1",
    );
    const link = join(this.root, directory, machine.netns);
    await mkdir(dirname(link), { recursive: true });
    await symlink(`/run/netns/${machine.netns}`, link);
    const { bundles, config, annotations } = parseLayout("containerd");
    const [sandbox, container] = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex")];
    const uid = randomUUID();
    const folders: string[] = [];
    const write = async (id: string, type: string, path: string) => {
      const folder = join(this.root, bundles, id);
      folders.push(folder);
      await mkdir(folder);
      const content = {
        annotations: {
          [annotations.sandboxId]: sandbox,
          [annotations.podUid]: uid,
          [annotations.podNamespace]: "shop",
          [annotations.podName]: name,
          [annotations.type]: type,
        },
        linux: { namespaces: [{ type: "pid" }, { type: "network", path }] },
      };
      await writeFile(join(folder, config), JSON.stringify(content));
    };
    await write(sandbox, "sandbox", `${directory.replace(/^\/run\//, "/var/run/")}/${machine.netns}`);
    await write(container, "container", "/proc/1/ns/net");
    const close = async () => {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
      await rm(link, { force: true });
      await machine.close();
    };
    this.closers.push(close);
    const gone = async () => {
      const hasEnd = async () => (await this.node.link(`veth${number}`)) !== undefined;
      await until(`the links of ${name} to go`, 60, async () => ((await hasEnd()) ? undefined : true));
    };
    return {
      machine,
      plan: { namespace: "shop", name, uid, containerId: `containerd://${container}` },
      close,
      gone,
    };
  }

  /** The process IDs of all programs with the given name in this world's network namespaces. */
  async processes(name: string): Promise<number[]> {
    const lists = await Promise.all((await this.namespaces()).map((netns) => must(["ip", "netns", "pids", netns])));
    const pids = lists.flatMap((list) => list.split("\n").filter(Boolean));
    const names = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")));
    return pids.filter((_, index) => names[index]?.trim() === name).map(Number);
  }

  private async namespaces(): Promise<string[]> {
    return (await readdir("/run/netns")).filter((name) => name.startsWith(`${this.prefix}-`));
  }

  /** The path of a Vnic's resource file. */
  pathOf(uid: string): string {
    return join(this.root, stateDirectory, "vnics", `${uid}.json`);
  }

  async readFile(uid: string): Promise<ResourceFile> {
    return resourceFile.parse(JSON.parse(await readFile(this.pathOf(uid), "utf8")));
  }

  /** The node's links except those to pods: names, MACs, state, aliases, addresses. */
  async nodeLinks(): Promise<unknown[][]> {
    const links = await this.node.links();
    return links
      .filter(({ ifname }) => !ifname.startsWith("veth"))
      .map((link) => [link.ifname, link.address, link.flags.includes("UP"), link.ifalias, ...addressesOf(link)]);
  }

  /** Everything of ours that still exists: links in every namespace of this world, and files in the state directory. */
  async remains(): Promise<string[]> {
    const links = await Promise.all(
      (await this.namespaces()).map(async (name) => {
        const rows = await Machine.at(name).links();
        return rows.filter(isOurs).map(({ ifname, ifalias }) => `link ${ifname} (${ifalias}) in ${name.split("-")[1]}`);
      }),
    );
    const files = await readdir(join(this.root, stateDirectory), { recursive: true, withFileTypes: true });
    return [...links.flat(), ...files.filter((entry) => entry.isFile()).map(({ name }) => `file ${name}`)];
  }

  /** Runs `work` when the world is closed. */
  onClose(work: () => Promise<void>): void {
    this.closers.push(work);
  }

  async close(): Promise<void> {
    await this.session.close();
    for (const work of this.closers.reverse()) await work();
    await Promise.all([this.node, this.lan, ...this.hosts].map((machine) => machine.close()));
    await rm(this.root, { recursive: true, force: true });
  }
}

/** A plan for a macvlan with a fixed address; `more` overrides its fields. */
export function planFor(pod: Pod, address: string, more: Partial<InjectPlan> = {}): InjectPlan {
  const uid = randomUUID();
  return {
    vnic: { uid, namespace: pod.plan.namespace, name: "wire" },
    pod: pod.plan,
    network: { mode: "macvlan", parent: "eth1" },
    interfaceName: "net1",
    mac: "02:00:5e:00:00:70",
    addresses: [address],
    ...more,
  };
}

async function plug(machine: Machine, name: string, outside: Machine, peerIndex?: number): Promise<void> {
  const port = `p${randomBytes(4).toString("hex")}`;
  await outside.ip(
    `link add ${port} ${peerIndex === undefined ? "" : `index ${peerIndex}`} type veth peer name ${name} netns ${machine.netns}`,
    `link set ${port} master lan up`,
  );
  await machine.ip(`link set ${name} up`);
}

function isOurs({ ifname, ifalias = "" }: LinkRow): boolean {
  return ifalias.startsWith(`${group}/`) || /^v[nhl][0-9a-f]{12}$/.test(ifname);
}
