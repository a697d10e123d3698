import { type ChildProcess, spawn } from "node:child_process";
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kill } from "../lab/child.ts";
import { run, until } from "../lab/run.ts";

/** A DHCP server: busybox's udhcpd, because dnsmasq's leases last at least two minutes. */
export interface DhcpServer {
  start(): Promise<void>;
  /** Stops the server; its leases stay in its file. */
  stop(): Promise<void>;
  /** Allocated addresses that haven't expired, by MAC, as they are now: a running server is asked, which takes up to 1 s. */
  leases(): Promise<Map<string, string>>;
  /** Stops the server, and deletes its leases. */
  close(): Promise<void>;
}

export interface DhcpServerOptions {
  /** Prefixes a command so that it runs on the server's host. */
  readonly enter: (argv: readonly string[]) => string[];
  /** The server's folder, which is emptied first. */
  readonly folder: string;
  readonly interface: string;
  /** The server's address on its host. */
  readonly host: string;
  readonly range: { readonly from: string; readonly to: string };
  readonly leaseSeconds: number;
}

export async function makeDhcpServer(options: DhcpServerOptions): Promise<DhcpServer> {
  const { folder, host, range, leaseSeconds } = options;
  const file = join(folder, "leases");
  // The server truncates its file before it writes it, and runs a program after that: which copies the whole file.
  const copy = join(folder, "leases.copy");
  const copier = join(folder, "copy-leases");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const settings = [
    `interface ${options.interface}`,
    `start ${range.from}`,
    `end ${range.to}`,
    `lease_file ${file}`,
    `notify_file ${copier}`,
    `pidfile ${join(folder, "pid")}`,
    "auto_time 1",
    "min_lease 10",
    "option subnet 255.255.255.0",
    `option lease ${leaseSeconds}`,
    // An option that the client hasn't requested.
    `option router ${host}`,
    `option dns ${host}`,
  ];
  await writeFile(join(folder, "udhcpd.conf"), `${settings.join("\n")}\n`);
  await writeFile(copier, `#!/bin/sh\ncp ${file} ${copy}.new && mv ${copy}.new ${copy}\n`, { mode: 0o755 });
  await writeFile(file, "");
  let server: ChildProcess | undefined;
  const stop = async () => {
    const ending = server;
    server = undefined;
    // The server writes its leases when it exits.
    if (ending) await kill(ending, "SIGTERM");
  };
  return {
    start: async () => {
      const argv = ["busybox", "udhcpd", "-f", "-a", "50", join(folder, "udhcpd.conf")];
      const [program = "", ...rest] = options.enter(argv);
      server = spawn(program, rest, { stdio: "ignore" });
    },
    stop,
    leases: async () => {
      if (server) await rm(copy, { force: true });
      const whole = server ? await until("the server's leases", 120, () => exists(copy)) : file;
      const { stdout } = await run(["busybox", "dumpleases", "-f", whole]);
      const rows = stdout.split("\n").slice(1).filter(Boolean);
      const held = rows.filter((row) => !row.includes("expired"));
      return new Map(held.map((row) => row.trim().split(/\s+/)).map(([mac = "", ip = ""]) => [mac, ip]));
    },
    close: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const exists = (file: string) =>
  access(file).then(
    () => file,
    () => undefined,
  );
