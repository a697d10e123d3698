import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { VnicError } from "../base/errors.ts";
import {
  type AgentAnswer,
  agentAnswer,
  agentProtocolVersion,
  type AgentRequest,
  agentSocket,
} from "../model/wire/agent-protocol.ts";
import { hostPath } from "./host-path.ts";
import { withoutSlot } from "./slots.ts";

/** How long to wait for an agent that is restarting, for example during its upgrade. */
const connectTimeoutMilliseconds = 10_000;
/** How long an agent may be silent while it works on a request; see its `beatMilliseconds`. */
const silenceMilliseconds = 30_000;

/** Refuses if no agent answers, or if the agent has another protocol version. */
export async function requireAgent(): Promise<void> {
  const answer = await askAgent({ verb: "hello" });
  if (!answer)
    throw new VnicError("refused", "dhcp: no node agent answers on this node, and DHCP needs it", {
      subject: { type: "agent" },
    });
  if ("protocol" in answer && answer.protocol === agentProtocolVersion) return;
  throw new VnicError(
    "refused",
    `dhcp: the node agent speaks another protocol than the injection Job (${JSON.stringify(answer)} instead of ${agentProtocolVersion}); use the image of this package's version for both`,
  );
}

/**
 * Sends a request to the agent. Undefined if the node has no agent, if a stopped agent doesn't come back in time, or if
 * it is silent for `silence` milliseconds.
 */
export function askAgent(request: AgentRequest, silence = silenceMilliseconds): Promise<AgentAnswer | undefined> {
  return withoutSlot(() => ask(request, silence));
}

async function ask(request: AgentRequest, silence: number): Promise<AgentAnswer | undefined> {
  const giveUpAt = performance.now() + connectTimeoutMilliseconds;
  for (;;) {
    const line = await exchange(`${JSON.stringify(request)}\n`, silence);
    if (typeof line === "string") return agentAnswer.parse(JSON.parse(line));
    // No socket: the node has no agent, or an agent whose directory was just cleared and which will listen again within
    // seconds. A socket without a listener: the agent is starting or stopping.
    if (line.absent || performance.now() > giveUpAt) return undefined;
    await sleep(100);
  }
}

function exchange(request: string, silence: number): Promise<string | { absent: boolean }> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = createConnection(hostPath(agentSocket), () => socket.end(request));
    socket.setEncoding("utf8").setTimeout(silence, () => socket.destroy());
    socket.on("data", (chunk: string) => (answer += chunk));
    socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve({ absent: code === "ENOENT" }));
    socket.on("close", () => resolve(answer.endsWith("\n") ? answer : { absent: false }));
  });
}
