import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createConnection } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { agentSocket } from "../../../provider/model/wire/agent-protocol.ts";
import type { InjectPlan } from "../../../provider/model/wire/session-protocol.ts";
import type { Condition, VnicStatus } from "../../../provider/model/vnic/conditions.ts";
import { endOf, hasEnded, kill, killById } from "../../lab/child.ts";
import { until } from "../../lab/run.ts";
import type { World } from "./world.ts";

/** A line of the agent program's output. */
export type Report = "serving" | { readonly uid: string; readonly status: VnicStatus };

/** A line of the agent's log, in the same output. */
interface LogLine {
  readonly vnic: string;
}

const program = join(import.meta.dirname, "agent-program.ts");
const eventProgram = join(import.meta.dirname, "..", "..", "..", "dist", "node", "dhcp-event.awk");

/** The node agent of a world's node, as a process that can be killed and restarted. */
export class Agent {
  private readonly world: World;
  private readonly statuses = new Map<string, VnicStatus>();
  private readonly lines = new Map<string, number>();
  private child: ChildProcess | undefined;

  private constructor(world: World) {
    this.world = world;
  }

  /** Starts the agent; it ends with the world. */
  static async start(world: World): Promise<Agent> {
    const agent = new Agent(world);
    await agent.start();
    // SIGTERM lets the agent write its coverage.
    world.onClose(() => agent.kill("SIGTERM"));
    return agent;
  }

  /** Starts the process; resolves once it is serving. */
  async start(): Promise<void> {
    const [command = "", ...rest] = this.world.node.enter([process.execPath, program]);
    const env = { ...process.env, VNIC_HOST_ROOT: this.world.root, VNIC_DHCP_EVENT: eventProgram };
    const child = spawn(command, rest, { stdio: ["pipe", "pipe", "ignore"], env });
    this.child = child;
    // The agent may exit during a write.
    child.stdin.on("error", () => undefined);
    await new Promise<void>((resolve, reject) => {
      child.once("close", () => reject(new Error("the agent has ended")));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const said = JSON.parse(line) as Report | LogLine;
        if (said === "serving") resolve();
        else if ("vnic" in said) this.lines.set(said.vnic, this.linesAbout(said.vnic) + 1);
        else this.statuses.set(said.uid, said.status);
      });
    });
  }

  /** Gives the agent the record of a Vnic that is in its pod. Call this before the injection. */
  addRecord({ vnic, pod, dhcp }: InjectPlan): void {
    const records = {
      status: "True",
      reason: "Attached",
      message: "",
      lastTransitionTime: new Date().toISOString(),
    } as const;
    const types = ["Ready", "Attached", ...(dhcp ? ["LeaseBound"] : [])] as Condition["type"][];
    const status = { pod: { ...pod, sandboxId: "" }, conditions: types.map((type) => ({ type, ...records })) };
    this.child?.stdin?.write(`${JSON.stringify({ uid: vnic.uid, status })}\n`);
  }

  /** Returns true if the agent's socket accepts connections, or else undefined, as `until` requires. */
  answers(): Promise<true | undefined> {
    return new Promise((resolve) => {
      const socket = createConnection(join(this.world.root, agentSocket));
      socket.on("connect", () => (socket.destroy(), resolve(true)));
      socket.on("error", () => resolve(undefined));
    });
  }

  /** Waits until the agent ends by itself. */
  async ended(): Promise<void> {
    const { child } = this;
    if (child) await endOf(child);
    this.child = undefined;
  }

  /** The agent's last report about a Vnic. */
  statusOf(uid: string): VnicStatus | undefined {
    return this.statuses.get(uid);
  }

  /** The number of lines about a Vnic that the agent has logged. */
  linesAbout(uid: string): number {
    return this.lines.get(uid) ?? 0;
  }

  /** Kills the agent as in a crash, unless another signal is given; its DHCP clients end with it, as in a container. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || hasEnded(child)) return;
    await kill(child, signal);
    await until("the clients' end", 30, async () => {
      const clients = await this.clients();
      clients.forEach(killById);
      return clients.length === 0 || undefined;
    });
  }

  /** The process IDs of the agent's DHCP clients. */
  async clients(): Promise<number[]> {
    return this.world.processes("udhcpc");
  }
}
