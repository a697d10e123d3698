import { Client, credentials } from "@grpc/grpc-js";
import type { Node } from "../lab/layout.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { findInit } from "../lab/processes.ts";

/**
 * Stops the sandbox of a pod by the runtime's CRI socket, as `crictl stopp` does. The kubelet then makes another one for
 * the same pod.
 */
export async function stopSandbox(node: Node, id: string): Promise<void> {
  const init = findInit(node);
  if (init === undefined) throw new Error(`${node} isn't running`);
  const socket = `/proc/${init}/root${kindOf(node).socket}`;
  const client = new Client(`unix:${socket}`, credentials.createInsecure());
  try {
    await new Promise<void>((resolve, reject) =>
      client.makeUnaryRequest(
        "/runtime.v1.RuntimeService/StopPodSandbox",
        encodeSandboxId,
        () => undefined,
        id,
        (error) => (error ? reject(error) : resolve()),
      ),
    );
  } finally {
    client.close();
  }
}

/** Encodes the message StopPodSandboxRequest, whose field 1 is the sandbox's ID, a string below 128 bytes. */
function encodeSandboxId(id: string): Buffer {
  const bytes = Buffer.from(id);
  return Buffer.concat([Buffer.of(0x0a, bytes.length), bytes]);
}
