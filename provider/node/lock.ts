import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { VnicError } from "../model/errors.ts";

const patienceMilliseconds = 10_000;

/**
 * Runs `work` while nobody else on this node works on the same Vnic, in this session or another one.
 *
 * The lock is a socket in the abstract namespace (unix(7)), which all sessions of a node share, as they share its network
 * namespace: only one process can bind it, and the kernel frees it when that process dies, however it dies.
 */
export async function withLock<T>(uid: string, work: () => Promise<T>): Promise<T> {
  const server = await acquire(uid);
  try {
    return await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

async function acquire(uid: string): Promise<Server> {
  const giveUpAt = performance.now() + patienceMilliseconds;
  for (;;) {
    const server = await bind(`\0pulumi-vnic/${uid}`);
    if (server) return server;
    if (performance.now() > giveUpAt)
      throw new VnicError(
        "failed",
        `another injection session has worked on Vnic ${uid} for more than ${patienceMilliseconds / 1000} s`,
      );
    await sleep(20);
  }
}

function bind(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(name, () => resolve(server));
  });
}
