import { connect } from "node:net";

/** How often to check for the engine, and after how many failed checks in a row it counts as gone. */
const everyMilliseconds = 2000;
const maxMisses = 2;

/**
 * Calls `gone` once the engine at that address no longer accepts connections. A killed engine doesn't notify its
 * plugins, which are in their own process group, so this process would wait for calls forever.
 */
export function watchEngine(address: string | undefined, gone: () => void): void {
  const [, host, port] = /^\[?([\w.:-]+?)\]?:(\d+)$/.exec(address ?? "") ?? [];
  if (host === undefined || port === undefined) return;
  let misses = 0;
  const timer = setInterval(() => {
    const socket = connect({ host, port: Number(port) });
    socket.once("connect", () => {
      misses = 0;
      socket.destroy();
    });
    // A machine that is slow or out of sockets doesn't mean that the engine is gone.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      socket.destroy();
      if (code !== "ECONNREFUSED" || ++misses < maxMisses) return;
      clearInterval(timer);
      gone();
    });
  }, everyMilliseconds);
  timer.unref();
}
