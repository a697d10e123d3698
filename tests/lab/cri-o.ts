import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeDir, type Node } from "./layout.ts";
import { pauseImage } from "./images.ts";
import { kindOf } from "./node-kinds.ts";

/**
 * Writes CRI-O's configuration for a node, and returns its command line. `programs`: the folder of crio, pinns and
 * runc, as the node sees it.
 */
export async function prepareCrio(node: Node, programs: string): Promise<string[]> {
  const dir = nodeDir(node);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "policy.json"), JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }));
  await writeFile(join(dir, "runc"), runtimeScript(programs), { mode: 0o755 });
  await writeFile(join(dir, "crio.conf"), config(node, programs));
  return [join(programs, "crio"), "--config", join(dir, "crio.conf"), "--config-dir", ""];
}

/**
 * Wraps runc: never lowers the OOM score below the parent's, since the machine may lack CAP_SYS_RESOURCE, and sets no
 * huge page limits, since the lab's cgroups aren't in every hierarchy. containerd has options for both.
 */
const runtimeScript = (programs: string): string => `#!/bin/sh
bundle=.
before=
for word; do
  case "$before" in --bundle | -b) bundle=$word ;; esac
  before=$word
done
spec="$bundle/config.json"
if test -w "$spec"; then
  tr -d '\\n\\t' <"$spec" |
    sed -e 's/"oomScoreAdj": *-[0-9]*/"oomScoreAdj": 0/' -e 's/, *"hugepageLimits": *\\[[^]]*\\]//' >"$spec.own" &&
    cat "$spec.own" >"$spec" && rm "$spec.own"
fi
exec ${programs}/runc "$@"
`;

function config(node: Node, programs: string): string {
  const { root, state, socket } = kindOf(node);
  const dir = nodeDir(node);
  return `[crio]
root = "${root}"
runroot = "${state}"
storage_driver = "overlay"
log_dir = "/var/log/crio/pods"
version_file = "/run/crio/version"
version_file_persist = "/var/lib/crio/version"
clean_shutdown_file = "/var/lib/crio/clean.shutdown"

[crio.api]
listen = "${socket}"

[crio.runtime]
conmon_cgroup = "pod"
cgroup_manager = "cgroupfs"
pinns_path = "${programs}/pinns"
default_runtime = "runc"

[crio.runtime.runtimes.runc]
runtime_path = "${dir}/runc"
runtime_root = "/run/runc"
monitor_path = "/usr/bin/conmon"
monitor_cgroup = "pod"

[crio.image]
pause_image = "${pauseImage}"
pause_command = ""
signature_policy = "${dir}/policy.json"

[crio.network]
network_dir = "${join(dir, "cni")}"
plugin_dirs = ["/usr/lib/cni"]
`;
}
