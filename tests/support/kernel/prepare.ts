import { findProgram } from "../../lab/find-program.ts";
import { ensureDebianPackages } from "../../lab/debian-packages.ts";
import { run } from "../../lab/run.ts";

/** The Debian packages that the kernel tier needs. */
const debianPackages = [
  "busybox-static",
  "dnsmasq-base",
  "iproute2",
  "iputils-arping",
  "iputils-ping",
  "procps",
  "socat",
  "strace",
  "tcpdump",
  "udhcpc",
  "util-linux",
];

/** The programs of these packages that are used. Those of coreutils are on every Debian. */
export const kernelPrograms: readonly string[] = [
  "busybox",
  "dnsmasq",
  "ip",
  "bridge",
  "arping",
  "ping",
  "sysctl",
  "socat",
  "strace",
  "tc",
  "tcpdump",
  "udhcpc",
  "nsenter",
  "setpriv",
  "unshare",
];

/** Describes what this machine lacks to run the kernel tier; empty if it lacks nothing. */
export async function missingForKernel(): Promise<string[]> {
  if (process.platform !== "linux") return [`Linux (this is ${process.platform})`];
  const can = await run(["unshare", "--net", "true"]).catch(() => ({ code: 1 }));
  if (can.code !== 0) return ["root, or a user namespace (CONTRIBUTING.md says how)"];
  const absent = kernelPrograms.filter((program) => findProgram(program) === undefined);
  return absent.length > 0 && findProgram("apt-get") === undefined ? [`Debian's apt-get, or ${absent.join(", ")}`] : [];
}

/** Installs the missing packages. */
export async function prepareKernel(): Promise<void> {
  if (kernelPrograms.some((program) => findProgram(program) === undefined)) await ensureDebianPackages(debianPackages);
}
