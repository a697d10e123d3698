import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { endOf, firstOutput } from "../../lab/child.ts";
import { must, type Output, run, type RunOptions, until } from "../../lab/run.ts";

/** A link as `ip -j -d address` shows it. */
export interface LinkRow {
  readonly ifindex: number;
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly operstate: string;
  readonly ifalias?: string;
  readonly master?: string;
  /** The index of a peer or lower link in another network namespace. */
  readonly link_index?: number;
  readonly link_netnsid?: number;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
  }[];
}

/** A network namespace that represents a machine or a pod. */
export class Machine {
  /** The namespace's name below /run/netns. */
  readonly netns: string;

  private constructor(netns: string) {
    this.netns = netns;
  }

  /** Represents an existing namespace. */
  static at(netns: string): Machine {
    return new Machine(netns);
  }

  static async make(netns: string): Promise<Machine> {
    await must(["ip", "netns", "add", netns]);
    const machine = Machine.at(netns);
    await machine.ip("link set lo up");
    return machine;
  }

  /**
   * Creates a namespace that belongs to a user namespace of its own, as for a pod with `hostUsers: false`; `root` is
   * this machine's user ID of the pod's root.
   */
  static async makeInUserNamespace(netns: string, root: number): Promise<Machine> {
    const script = ["--user", "--net", "--", "sh", "-c", "echo ready; exec cat"];
    const holder = spawn("unshare", script, { stdio: ["pipe", "pipe", "inherit"] });
    await firstOutput(holder);
    for (const map of ["uid_map", "gid_map"]) await writeFile(`/proc/${holder.pid}/${map}`, `0 ${root} 65536`);
    const file = `/run/netns/${netns}`;
    await writeFile(file, "");
    await must(["mount", "--bind", `/proc/${holder.pid}/ns/net`, file]);
    holder.stdin.end();
    await endOf(holder);
    const machine = Machine.at(netns);
    await machine.ip("link set lo up");
    return machine;
  }

  /** Runs a program to its end. */
  exec(argv: readonly string[], options?: RunOptions): Promise<Output> {
    return run(this.enter(argv), options);
  }

  /** Runs a program that must succeed; returns its stdout. */
  must(argv: readonly string[], options?: RunOptions): Promise<string> {
    return must(this.enter(argv), options);
  }

  /** Starts a long-running program. */
  spawn(argv: readonly string[]): ChildProcess {
    const [program = "", ...rest] = this.enter(argv);
    return spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Prefixes a command so that it runs in this namespace. */
  enter(argv: readonly string[]): string[] {
    return ["nsenter", `--net=/run/netns/${this.netns}`, "--", ...argv];
  }

  /** Runs several `ip` commands at once. */
  async ip(...commands: string[]): Promise<void> {
    await must(["ip", "-n", this.netns, "-batch", "-"], { input: commands.join("\n") });
  }

  /** All links, except malformed entries. */
  async links(): Promise<LinkRow[]> {
    const { stdout } = await this.exec(["ip", "-j", "-d", "address"]);
    // Replaces control characters, which aliases may contain. Independent of the product's own parser.
    // eslint-disable-next-line no-control-regex
    return JSON.parse(stdout.replace(/[\u0000-\u001f]/g, " ")) as LinkRow[];
  }

  async link(name: string): Promise<LinkRow | undefined> {
    return (await this.links()).find(({ ifname }) => ifname === name);
  }

  /** A link that is up, as it is when the kernel counts it as running, which may be some time later (RFC 2863). */
  runningLink(name: string): Promise<LinkRow> {
    return until(`${name} to run`, 60, async () => {
      const link = await this.link(name);
      return link?.operstate === "UP" ? link : undefined;
    });
  }

  /** Whether an address answers a ping; one ping is sent each second. */
  async reaches(address: string, seconds = 3): Promise<boolean> {
    const [host = ""] = address.split("/");
    return (await this.exec(["ping", "-n", "-c", "1", "-w", String(seconds), host])).code === 0;
  }

  /** Deletes the namespace; its links are removed when no process is left in it. */
  async close(): Promise<void> {
    await run(["ip", "netns", "delete", this.netns]);
  }
}

/** The addresses of a link in CIDR form, without link-local ones. */
export function addressesOf(link: LinkRow | undefined): string[] {
  const rows = (link?.addr_info ?? []).filter(({ family, scope }) => !(family === "inet6" && scope === "link"));
  return rows.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}
