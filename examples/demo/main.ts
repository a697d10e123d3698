/*
 * The demo of the main use case: with `pulumi up` of examples/quickstart, a running pod gets a NIC on a network outside
 * the cluster, and a host on that network reaches the pod. The demo fails if the pod restarts or if a second `up`
 * changes anything.
 */
import { spawn } from "node:child_process";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ensurePulumi } from "../../tests/lab/index.ts";
import { kubectl } from "../../tests/support/cluster.ts";
import { findTarget, type Target } from "./target.ts";

const checkout = join(import.meta.dirname, "..", "..");
const folder = join(tmpdir(), "pulumi-vnic-demo");
const settings = join(folder, "Pulumi.demo.yaml");

const printHeading = (text: string): void => console.log(`\n\x1b[1m== ${text}\x1b[0m`);
const printLines = (lines: readonly string[]): void => lines.forEach((line) => console.log(`   ${line}`));

/** Everything about the pod that a restart would change. */
async function identityOf({ kubectl: run, namespace, pod }: Target): Promise<string> {
  const { metadata, status } = JSON.parse(await kubectl(run, ["get", "pod", pod, "-n", namespace, "-o", "json"])) as {
    metadata: { uid: string };
    status: {
      podIP: string;
      containerStatuses: { containerID: string; restartCount: number; state: { running?: { startedAt: string } } }[];
    };
  };
  const container = status.containerStatuses[0];
  return `pod UID ${metadata.uid}, cluster address ${status.podIP}, container started ${container?.state.running?.startedAt}, ${container?.restartCount} restarts`;
}

async function main(): Promise<void> {
  const target = await findTarget();
  const bin = await ensurePulumi();
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "state"), { recursive: true });
  const environment = {
    PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}`,
    KUBECONFIG: target.kubeconfig,
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "demo",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  const pulumi = async (...argv: string[]): Promise<void> => {
    const words = [...argv, ...(argv[0] === "stack" ? [] : ["--config-file", settings])];
    console.log(`\x1b[2m$ pulumi ${argv.join(" ")}\x1b[0m`);
    const child = spawn("pulumi", words, {
      cwd: checkout,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
    if (code !== 0) throw new Error(`pulumi ${argv.join(" ")}: exit code ${code}`);
  };
  const address = target.address.split("/")[0] ?? "";

  printHeading(`The cluster: ${target.what}`);
  const before = await identityOf(target);
  printLines([`pod ${target.namespace}/${target.pod} is running: ${before}`]);

  printHeading("pulumi up: one Vnic, declared in examples/quickstart");
  await pulumi("stack", "init", "demo", "--non-interactive");
  // Only for this command does the engine require the settings to be beside the project.
  await rename(join(checkout, "examples/quickstart/Pulumi.demo.yaml"), settings).catch(() => undefined);
  const inputs = { namespace: target.namespace, pod: target.pod, parent: target.parent, address: target.address };
  await pulumi(
    "config",
    "set-all",
    ...Object.entries(inputs).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]),
    "--stack",
    "demo",
  );
  await pulumi("up", "--yes", "--skip-preview", "--non-interactive");

  printHeading("The host outside reaches the pod at the Vnic's address");
  printLines(await target.probe(address));

  printHeading("The pod never restarted");
  const after = await identityOf(target);
  printLines([after]);
  if (after !== before) throw new Error(`the pod is not the one it was: ${before}`);

  printHeading("A second pulumi up changes nothing");
  await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive");

  printHeading("The plan of another address, before anything is done");
  const other = target.address.replace(/\d+\//, (last) => `${(parseInt(last) % 250) + 1}/`);
  await pulumi("config", "set", "address", other, "--stack", "demo");
  await pulumi("preview", "--diff", "--non-interactive");
  await pulumi("config", "set", "address", target.address, "--stack", "demo");

  printHeading("Look around");
  const file = join(folder, "env");
  const around = {
    ...environment,
    KUBECONFIG: target.admin.kubeconfig,
    PATH: `${target.admin.bin}:${environment.PATH}`,
  };
  const exports = Object.entries(around).map(([key, value]) => `export ${key}='${value}'\n`);
  await writeFile(file, `${exports.join("")}export PULUMI_STACK=demo\n`, { mode: 0o600 });
  printLines([
    `. ${file}    # the stack of this demo; its settings: --config-file ${settings}`,
    "pulumi stack && pulumi stack export",
    ...target.nextCommands,
    "",
    `take the NIC away:  . ${file} && pulumi destroy --yes --config-file ${settings}`,
    ...target.tearDown.map((line) => `take all away:      ${line}`),
  ]);
}

try {
  await main();
} catch (error) {
  console.error(`\nthe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
