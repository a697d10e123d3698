import { assertNoLeaks } from "./leaks.ts";
import { type Bench, type OpenBench, openBench } from "./lifecycle.ts";

type Undo = () => Promise<unknown>;

/** A bench that the hooks of a describe block open and close. It can be used in hooks and tests. */
export interface TestBench extends Bench {
  /** Registers what to undo before the bench closes, such as a reconciler to stop. What was registered last runs first. */
  beforeClose(undo: Undo): void;
  /** Registers what to undo once the NICs are gone, such as a parent link. What was registered last runs first. */
  afterClose(undo: Undo): void;
}

export interface TestBenchOptions {
  readonly namespace: string;
  /** Makes the kubeconfig to use instead of the provider's own. */
  readonly kubeconfig?: () => Promise<string>;
}

/**
 * Opens a bench before the first test of the surrounding describe block. After the last test it closes the bench, and
 * asserts that nothing of any Vnic is left. Everything registered is undone even if a part of that fails.
 */
export function useBench({ namespace, kubeconfig }: TestBenchOptions): TestBench {
  let opened: OpenBench | undefined;
  const beforeClose: Undo[] = [];
  const afterClose: Undo[] = [];

  before("opens the bench", async () => {
    opened = await openBench({ namespace, ...(kubeconfig ? { kubeconfig: await kubeconfig() } : {}) });
  });
  after("closes the bench and leaves nothing behind", async function () {
    // Sessions whose drivers were killed end after a minute.
    this.timeout(600_000);
    if (!opened) return;
    const { lab, close } = opened;
    const failures: unknown[] = [];
    for (const step of [...beforeClose.reverse(), close, ...afterClose.reverse(), () => assertNoLeaks(lab)])
      await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join("\n"));
    if (failures.length > 0) throw failures[0];
  });

  const bench = (): OpenBench => {
    if (!opened) throw new Error("the bench is not open yet: use it in hooks and tests only");
    return opened;
  };
  return {
    namespace,
    get lab() {
      return bench().lab;
    },
    get driver() {
      return bench().driver;
    },
    get shown() {
      return bench().shown;
    },
    inject: (definition, options) => bench().inject(definition, options),
    eject: (state) => bench().eject(state),
    ejectAll: () => bench().ejectAll(),
    runPod: (name, node) => bench().runPod(name, node),
    kubectl: (...argv) => bench().kubectl(...argv),
    linksIn: (pod) => bench().linksIn(pod),
    beforeClose: (undo) => void beforeClose.push(undo),
    afterClose: (undo) => void afterClose.push(undo),
  };
}
