import type { ApiAccess } from "./api-request.ts";
import { answerGet } from "./kubectl-get.ts";
import { type Output, run } from "./run.ts";

/** Runs kubectl with these arguments and, if given, an input. */
export type Kubectl = (argv: readonly string[], input?: string) => Promise<Output>;

/** The program with a kubeconfig. With `access` to the same API server, the usual gets are answered without it. */
export function kubectlWith(program: string, kubeconfig: string, access?: () => Promise<ApiAccess>): Kubectl {
  return async (argv, input) =>
    (access && (await answerGet(argv, access))) ??
    run([program, `--kubeconfig=${kubeconfig}`, ...argv], input === undefined ? {} : { input });
}
