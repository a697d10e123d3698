import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type {
  Answer,
  EjectPlan,
  EjectResult,
  InjectPlan,
  InjectResult,
  ObservePlan,
  ObserveResult,
  Request,
} from "../../../provider/model/wire/session-protocol.ts";
import type { Machine } from "./machine.ts";

const dist = join(import.meta.dirname, "..", "..", "..", "dist", "node");

/**
 * The node side as built for the image. For coverage, its source is used instead, because a bundle's coverage can't be
 * mapped to the source's branches.
 */
export const nodeSideScript = process.env["NODE_V8_COVERAGE"]
  ? join(import.meta.dirname, "..", "..", "..", "provider", "node", "main.ts")
  : join(dist, "main.mjs");

/** The node side's error answer. */
export class NodeSideError extends Error {
  readonly kind: string;

  constructor({ kind, message }: { readonly kind: string; readonly message: string }) {
    super(message);
    this.kind = kind;
  }
}

type Ask = Request extends infer R ? (R extends Request ? Omit<R, "id"> : never) : never;

/** An injection session: the node side as a process in a node's network namespace, started at the first request. */
export class Session {
  private readonly node: Machine;
  private readonly root: string;
  private readonly prefix: readonly string[];
  private readonly waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  private child: ChildProcessWithoutNullStreams | undefined;
  private ended: Promise<void> | undefined;
  private last = 0;

  /** @param prefix A command that starts the node side, such as `setpriv` with its options. */
  constructor(node: Machine, root: string, prefix: readonly string[] = []) {
    this.node = node;
    this.root = root;
    this.prefix = prefix;
  }

  inject(plan: InjectPlan): Promise<InjectResult> {
    return this.ask({ verb: "inject", plan }) as Promise<InjectResult>;
  }

  eject(plan: EjectPlan): Promise<EjectResult> {
    return this.ask({ verb: "eject", plan }) as Promise<EjectResult>;
  }

  observe({ vnic, pod }: ObservePlan): Promise<ObserveResult> {
    return this.ask({ verb: "observe", plan: { vnic, pod } }) as Promise<ObserveResult>;
  }

  /** Sends one request; rejects with a {@link NodeSideError} if it is refused or fails. */
  ask(request: Ask): Promise<unknown> {
    const child = (this.child ??= this.start());
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  /** Ends the process when its work in progress is finished. */
  async close(): Promise<void> {
    this.child?.stdin.end();
    await this.ended;
  }

  private start(): ChildProcessWithoutNullStreams {
    const [program = "", ...rest] = this.node.enter([...this.prefix, process.execPath, nodeSideScript]);
    const env = { ...process.env, VNIC_HOST_ROOT: this.root, VNIC_IDLE_SECONDS: "600" };
    const child = spawn(program, rest, { stdio: "pipe", env });
    child.stderr.pipe(process.stderr);
    // A request may coincide with the end of the process.
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stdout }).on("line", (line) => this.handleAnswer(JSON.parse(line) as Answer));
    this.ended = new Promise((resolve) =>
      child.once("close", (code, signal) => {
        for (const { reject } of this.waiting.values()) reject(new Error(`the node side ended: ${signal ?? code}`));
        this.child = undefined;
        resolve();
      }),
    );
    return child;
  }

  private handleAnswer(answer: Answer): void {
    if ("step" in answer) return;
    const waiter = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ("error" in answer) waiter?.reject(new NodeSideError(answer.error));
    else waiter?.resolve(answer.result);
  }
}
