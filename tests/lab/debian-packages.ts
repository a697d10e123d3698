import { must, run } from "./run.ts";
import { step } from "./step.ts";

/** The Debian packages that the lab and its machines need. */
const debianPackages = [
  "busybox-static",
  "containerd",
  "containernetworking-plugins",
  "dnsmasq-base",
  "etcd-server",
  "iproute2",
  "iputils-arping",
  "iputils-ping",
  "openssl",
  "procps",
  "redis-tools",
  "runc",
  "strace",
  "tcpdump",
  "util-linux",
];

const quiet = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };

/** Installs missing Debian packages without starting their services. */
export async function ensureDebianPackages(names: readonly string[] = debianPackages): Promise<void> {
  const query = await run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", ...names]);
  const installed = new Set(query.stdout.split("\n").filter((line) => line.endsWith(" installed")));
  const wanted = names.filter((name) => !installed.has(`${name} installed`));
  if (wanted.length === 0) return;
  await step(`installing Debian packages ${wanted.join(", ")}`, async () => {
    await ensurePackageLists();
    // SYSTEMD_OFFLINE keeps systemctl from starting etcd and containerd on the host.
    const env = { ...quiet, SYSTEMD_OFFLINE: "1" };
    await must(["apt-get", "install", "-y", "-q", "--no-install-recommends", ...wanted], { env });
  });
}

/** Fetches apt's package lists, unless they exist and contain the packages that the lab needs. */
export async function ensurePackageLists(): Promise<void> {
  const known = await run(["apt-cache", "show", "--no-all-versions", "etcd-server", "redis-server"]);
  if (known.code !== 0) await must(["apt-get", "update", "-q"], { env: quiet });
}
