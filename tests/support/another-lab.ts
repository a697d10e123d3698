import { join } from "node:path";
import type { Host, Lab, Output } from "../lab/index.ts";
import { labEnv, labProgram, runLab } from "../lab/by-number.ts";
import { kubectlWith } from "../lab/kubectl.ts";
import { labNumber } from "../lab/layout.ts";
import { ensureKubernetes } from "../lab/programs.ts";
import { must, run } from "../lab/run.ts";

/** A second cluster with networks of its own, beside this process's lab. */
export interface AnotherLab {
  readonly kubectl: Lab["kubectl"];
  exec(host: Host, argv: readonly string[]): Promise<Output>;
  down(): Promise<void>;
}

/** Starts another lab with a high number, because checkouts number their labs from 0. */
export async function anotherLab(): Promise<AnotherLab> {
  const number = (labNumber + 16) % 32;
  const env = { ...process.env, ...labEnv(number) };
  await runLab("up", number).catch(async (error: unknown) => {
    await runLab("down", number);
    throw error;
  });
  const kubeconfig = (await must([process.execPath, labProgram, "kubeconfig"], { env })).trim();
  const kubectl = join(await ensureKubernetes(), "kubectl");
  return {
    kubectl: kubectlWith(kubectl, kubeconfig),
    exec: (host, argv) => run([process.execPath, labProgram, "exec", host, "--", ...argv], { env }),
    down: () => runLab("down", number),
  };
}
