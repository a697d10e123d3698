import type { Node } from "../lab/layout.ts";
import { providerKubeconfig } from "./cluster.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { assertNoVnics } from "./leaks.ts";
import { type DeclaredVnic, Stack, type StackOptions, type StoredResource } from "./stack.ts";
import { type TestBench, useBench } from "./use-bench.ts";

/** The environment of a test file for the real engine: pods in a separate namespace, and a new stack for each test. */
export interface Stage {
  readonly bench: TestBench;
  readonly stack: Stack;
  /** The proxy between the stack and the API server. */
  readonly proxy: FaultProxy;
  /** A Vnic as the tests' program declares it. */
  declared(resource: string, pod: string, addresses: string[], more?: object, options?: object): DeclaredVnic;
  /** The only Vnic in state. */
  stored(): Promise<StoredResource>;
  /** Creates another stack with the same kubeconfig. */
  anotherStack(options?: Partial<StackOptions>): Promise<Stack>;
}

export interface StageOptions {
  /** Whether all tests of the file use one stack, so that each begins with what the one before has left. */
  readonly keepsStack?: boolean;
}

/**
 * Creates the stage in the hooks of the surrounding describe block. Checks that each stack leaves no Vnic behind, and
 * after the last test that no session is left.
 */
export function setStage(
  namespace: string,
  pods: Readonly<Record<string, Node>>,
  { keepsStack = false }: StageOptions = {},
): Stage {
  const bench = useBench({ namespace });
  let stack: Stack;
  let proxy: FaultProxy;
  let kubeconfig: string;
  before(async () => {
    proxy = await FaultProxy.start();
    bench.afterClose(() => proxy.stop());
    kubeconfig = await proxy.kubeconfigFile(await providerKubeconfig(bench.lab.kubectl));
    await Promise.all(Object.entries(pods).map(([pod, node]) => bench.runPod(pod, node)));
  });
  let hasFailed = false;
  const open = async () => {
    stack = await Stack.create({ kubeconfig });
    hasFailed = false;
  };
  const close = async () => {
    if (hasFailed) {
      await stack.pulumi("cancel", "--yes");
      await stack.pulumi("destroy", "--yes", "--skip-preview");
    }
    await stack.remove();
    await assertNoVnics(bench.lab);
  };
  afterEach(function () {
    hasFailed ||= this.currentTest?.state === "failed";
    proxy.heal();
  });
  if (keepsStack) {
    before(async () => {
      await open();
      bench.beforeClose(close);
    });
  } else {
    beforeEach(open);
    afterEach(close);
  }
  return {
    bench,
    get stack() {
      return stack;
    },
    get proxy() {
      return proxy;
    },
    declared: (resource, pod, addresses, more = {}, options) => ({
      resource,
      args: { pod: { namespace, name: pod }, network: { parent: "eth1" }, addresses, ...more },
      ...(options === undefined ? {} : { options }),
    }),
    stored: async () => {
      const [vnic, ...more] = await stack.vnics();
      if (!vnic || more.length > 0) throw new Error(`state has ${vnic ? more.length + 1 : 0} Vnics instead of one`);
      return vnic;
    },
    anotherStack: (options = {}) => Stack.create({ kubeconfig, ...options }),
  };
}
