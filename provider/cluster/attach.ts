import type { Attach } from "@kubernetes/client-node";
import { VnicError } from "../model/errors.ts";
import type { Attachment } from "./cluster.ts";

/** Channels of `v4.channel.k8s.io` and later: the first byte of every WebSocket message. */
const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3 } as const;

/**
 * Attaches to a container's stdin and stdout over one WebSocket. Answers `undefined` when the server can't do it yet,
 * which is so until the container runs; a refusal is an error at once.
 */
export async function openAttachment(
  client: Attach,
  namespace: string,
  pod: string,
  container: string,
): Promise<Attachment | undefined> {
  const query = new URLSearchParams({ container, stdin: "true", stdout: "true", stderr: "false", tty: "false" });
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/attach?${query.toString()}`;
  const outputs: ((chunk: Buffer) => void)[] = [];
  let why = "the connection was closed";
  const receive = (stream: number, data: Buffer): boolean => {
    if (stream === channel.stdout) for (const listener of outputs) listener(data);
    else if (stream === channel.status) why = statusWords(data) ?? why;
    return true;
  };

  const socket = await client.handler.connect(path, null, receive).catch((event: { message?: string }) => {
    const code = /Unexpected server response: (\d+)/.exec(event.message ?? "")?.[1];
    if (code === "401" || code === "403")
      throw new VnicError(
        "forbidden",
        `attaching to pod ${namespace}/${pod}: the API server answers HTTP ${code}; grant "get" and "create" on pods/attach in namespace ${namespace}: npx pulumi-vnic manifests has the role`,
      );
    return undefined;
  });
  if (!socket) return undefined;

  return {
    write: (text) => {
      socket.send(Buffer.concat([Buffer.of(channel.stdin), Buffer.from(text)]));
    },
    onOutput: (listener) => outputs.push(listener),
    onClose: (listener) => {
      if (socket.readyState >= socket.CLOSING) listener(why);
      else socket.addEventListener("close", () => listener(why));
      // Without a listener an error event would end the process; "close" follows it.
      socket.addEventListener("error", (event: { message: string }) => (why = event.message));
    },
    close: () => socket.close(),
  };
}

function statusWords(data: Buffer): string | undefined {
  try {
    return (JSON.parse(data.toString("utf8")) as { message?: string }).message;
  } catch {
    return undefined;
  }
}
