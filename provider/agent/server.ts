import { chmod, mkdir, rename, rm, stat } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import * as z from "zod";
import { messageOf } from "../base/errors.ts";
import {
  type AgentAnswer,
  agentProtocolVersion,
  agentRequest,
  agentSocket,
  type AgentRequest,
} from "../model/wire/agent-protocol.ts";
import { isIn } from "../model/kubernetes/runtime-layout.ts";
import { hostPath } from "../node/host-path.ts";
import { netnsPath } from "../node/netns.ts";
import type { Leases } from "./leases.ts";
import { netnsDirectories } from "./netns-directories.ts";

/**
 * While a request is worked on, its client gets a space this often, because clients give up on an agent that is silent.
 * JSON allows white space before a value.
 */
const beatMilliseconds = 5000;

/** Longer than any request, even one with the maximum number of networks excluded from a default route. */
const maxRequestLength = 65_536;

/** What requests are about. */
type Served = Pick<Leases, "acquire" | "stop">;

/** The socket on which the agent listens. */
export interface Listening {
  /** Whether the socket is still at its path: clearing the state directory removes it. */
  isFound(): Promise<boolean>;
  close(): void;
}

/**
 * Listens for the injection Jobs of this node. Only root may use the socket and its folder. Throws if that folder was
 * deleted on the node while it is mounted in this container, because nothing can be created in it then.
 */
export async function serve(leases: Served, beat = beatMilliseconds): Promise<Listening> {
  const socketPath = hostPath(agentSocket);
  // The socket of a former agent stays until this one is ready: without any, a Job would see a node without an agent.
  const firstPath = `${socketPath}.new`;
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  await rm(firstPath, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let request = "";
    socket.setEncoding("utf8").on("error", () => socket.destroy());
    socket.on("data", (chunk: string) => {
      request += chunk;
      if (request.length > maxRequestLength) socket.destroy();
    });
    socket.on("end", () => void answerTo(request, socket, leases, beat));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(firstPath, resolve));
  await chmod(firstPath, 0o600);
  await rename(firstPath, socketPath);
  const own = await stat(socketPath);
  return {
    isFound: () =>
      stat(socketPath).then(
        ({ ino, ctimeMs }) => ino === own.ino && ctimeMs === own.ctimeMs,
        () => false,
      ),
    close: () => void server.close(),
  };
}

async function answerTo(request: string, socket: Socket, leases: Served, beat: number): Promise<void> {
  const beats = setInterval(() => socket.write(" "), beat);
  const answer = await work(request, leases).catch((error: unknown): AgentAnswer => ({
    error: error instanceof z.ZodError ? `the request is not understood: ${z.prettifyError(error)}` : messageOf(error),
  }));
  clearInterval(beats);
  socket.end(`${JSON.stringify(answer)}\n`);
}

async function work(text: string, leases: Served): Promise<AgentAnswer> {
  const request: AgentRequest = agentRequest.parse(JSON.parse(text));
  switch (request.verb) {
    case "hello":
      return { protocol: agentProtocolVersion };
    case "acquire":
      refuseUnmounted(request.subject.netns);
      return { lease: await leases.acquire(request.subject) };
    case "stop":
      return { released: await leases.stop(request.uid, { release: request.release }) };
  }
}

/** Refuses a pod whose network namespace the agent can't reach, as the DHCP client has to run in it. */
function refuseUnmounted(netns: string): void {
  const path = netnsPath(netns);
  if (netnsDirectories.some((directory) => isIn(hostPath(directory), path))) return;
  throw new Error(
    `the node agent doesn't mount the directory of ${path}; name this node's runtime layout in the platform's options (runtimeLayout or allowRuntimeLayouts)`,
  );
}
