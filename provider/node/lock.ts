import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { VnicError } from "../base/errors.ts";

/** Longer than a Job holds the lock while it waits for a DHCP server. */
const timeoutMilliseconds = 30_000;

/**
 * Runs `work` while nothing else on this node works on the same Vnic: no other request, session or agent. The lock is a
 * socket in the abstract namespace (unix(7)), which all of them share because they use the node's network namespace.
 * Only one process can bind the socket, and the kernel frees it when that process ends for any reason.
 */
export async function withLock<T>(uid: string, work: () => Promise<T>): Promise<T> {
  return whileHolding(await acquire(uid), work);
}

/** Runs the work under the lock, or returns `busy` at once if the lock is taken. */
export async function tryLock<T>(uid: string, work: () => Promise<T>): Promise<T | "busy"> {
  const server = await bind(lockName(uid));
  return server ? whileHolding(server, work) : "busy";
}

async function whileHolding<T>(server: Server, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function lockName(uid: string): string {
  return `\0pulumi-vnic/${uid}`;
}

async function acquire(uid: string): Promise<Server> {
  const giveUpAt = performance.now() + timeoutMilliseconds;
  for (;;) {
    const server = await bind(lockName(uid));
    if (server) return server;
    if (performance.now() > giveUpAt)
      throw new VnicError(
        "failed",
        `another injection session has been working on Vnic ${uid} for more than ${timeoutMilliseconds / 1000} s`,
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
