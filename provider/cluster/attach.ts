import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { ClientOptions, WebSocket } from "ws";
import { type Clock, realClock } from "../base/clock.ts";
import { messageOf, VnicError } from "../base/errors.ts";
import type { Attachment } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { classify, httpCode } from "./faults.ts";
import { withRetries } from "./retry.ts";

/** Channels of `v4.channel.k8s.io` and later: the first byte of every WebSocket message. */
const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3 } as const;
const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/** Interval of pings; the other end has the same time to answer. */
const pingMilliseconds = 5000;

/** More bytes than the API server puts into one message. The client's own limit is 100 MiB, and a kubelet may send anything. */
const maxMessageBytes = 2 ** 20;

/** The parts of a connection that a socket needs. */
type SocketConnection = Pick<Connection, "server" | "current" | "renew" | "overloaded" | "applyToSocket">;

/**
 * Attaches to a container's stdin and stdout over one WebSocket. Returns `undefined` while the container isn't running
 * yet. An overloaded API server is asked again when it says so; any other refusal is an error at once.
 */
export async function openAttachment(
  connection: SocketConnection,
  namespace: string,
  pod: string,
  container: string,
  clock: Clock = realClock,
): Promise<Attachment | undefined> {
  const query = new URLSearchParams({ container, stdin: "true", stdout: "true", stderr: "false", tty: "false" });
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/attach?${query.toString()}`;
  const doing = `attaching to pod ${namespace}/${pod}`;
  try {
    const socket = await withRetries(connection, () => connect(connection, path), clock);
    return socket && attachmentOver(socket, clock);
  } catch (error) {
    const code = httpCode(error);
    if (code !== 401 && code !== 403) throw classify(error, connection.server, doing);
    throw new VnicError(
      "forbidden",
      `${doing}: the API server answers HTTP ${code}; grant "get" and "create" on pods/attach in namespace ${namespace}: npx pulumi-vnic manifests has the role`,
    );
  }
}

/**
 * Resolves to the open WebSocket, or to undefined if there is no answer or the container can't be reached.
 * @throws the server's refusal of the request itself, in the form of the client's errors
 */
async function connect(connection: SocketConnection, path: string): Promise<WebSocket | undefined> {
  // Loaded on first use, because a preview opens no connection.
  const { WebSocket } = await import("ws");
  const options: ClientOptions = { handshakeTimeout: 2 * pingMilliseconds, maxPayload: maxMessageBytes };
  await connection.applyToSocket(options);
  const socket = new WebSocket(connection.server.replace(/^http/, "ws") + path, protocols, options);
  // Without a listener, an error would end the process.
  socket.on("error", () => undefined);
  let refusal: Error | undefined;
  socket.once("unexpected-response", (_request, response: IncomingMessage) => {
    if (isRefusal(response)) refusal = refusalOf(response);
    socket.terminate();
  });
  try {
    await once(socket, "open");
    return socket;
  } catch {
    if (refusal) throw refusal;
    return undefined;
  }
}

/** Whether the server doesn't serve the request now. All other answers are about the container. */
function isRefusal({ statusCode, headers }: IncomingMessage): boolean {
  // A kubelet that can't be reached is 503 as well, but without a time to wait.
  return [401, 403, 429].includes(statusCode ?? 0) || (statusCode === 503 && headers["retry-after"] !== undefined);
}

function refusalOf({ statusCode, statusMessage, headers }: IncomingMessage): Error {
  return Object.assign(new Error(statusMessage), { code: statusCode, headers });
}

function attachmentOver(socket: WebSocket, clock: Clock): Attachment {
  let why = "the connection was closed";
  socket.on("error", (error) => (why = messageOf(error)));
  endWhenSilent(socket, clock, () => (why = `the other end sent nothing for ${(2 * pingMilliseconds) / 1000} s`));
  return {
    write: (text) => {
      socket.send(Buffer.concat([Buffer.of(channel.stdin), Buffer.from(text)]));
    },
    onOutput: (listener) =>
      socket.on("message", (data: Buffer) => {
        if (data[0] === channel.stdout) listener(data.subarray(1));
        else if (data[0] === channel.status) why = statusWords(data.subarray(1)) ?? why;
      }),
    onClose: (listener) => {
      if (socket.readyState >= socket.CLOSING) listener(why);
      else socket.once("close", () => listener(why));
    },
    close: () => socket.close(),
  };
}

/**
 * Closes a connection that has died silently, and would otherwise be waited on forever: a live peer answers pings (RFC
 * 6455, 5.5.2).
 */
function endWhenSilent(socket: WebSocket, clock: Clock, ending: () => void): void {
  let answered = true;
  socket.on("pong", () => (answered = true));
  const check = () => {
    if (socket.readyState !== socket.OPEN) return;
    if (answered) {
      answered = false;
      socket.ping();
      cancel = clock.after(pingMilliseconds, checkSoon);
      return;
    }
    ending();
    socket.terminate();
  };
  // Checks only after pending input was read, because this process may have been busy itself.
  const checkSoon = () => void setImmediate(check);
  let cancel = clock.after(pingMilliseconds, checkSoon);
  socket.once("close", () => cancel());
}

function statusWords(data: Buffer): string | undefined {
  try {
    return (JSON.parse(data.toString("utf8")) as { message?: string }).message;
  } catch {
    return undefined;
  }
}
