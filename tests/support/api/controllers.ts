import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureKubernetes } from "../../lab/programs.ts";
import type { ApiServer } from "./server.ts";

/** Starts controllers of Kubernetes for an API server that has none, each with its own account. Returns a function that ends them. */
export async function startControllers(api: ApiServer, names: readonly string[]): Promise<() => void> {
  const programs = await ensureKubernetes();
  const folder = mkdtempSync(join(tmpdir(), "vnic-controllers-"));
  const log = openSync(join(folder, "log"), "a");
  const child: ChildProcess = spawn(
    join(programs, "kube-controller-manager"),
    [
      ...[`--kubeconfig=${api.kubeconfig}`, `--controllers=${names.join(",")}`, "--leader-elect=false"],
      ...["--use-service-account-credentials=true", "--secure-port=0"],
    ],
    { stdio: ["ignore", log, log], cwd: folder },
  );
  const end = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", end);
  return end;
}
