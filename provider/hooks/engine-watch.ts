import { connect } from "node:net";

/** How often the engine is looked for, and how many times in a row it must be missing. */
const everyMilliseconds = 2000;
const mostMisses = 2;

/**
 * Calls `gone` once the engine at that address no longer takes connections. An engine that is killed tells its plugins nothing,
 * and they are in a process group of their own: this process would wait for calls for ever.
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
    // A machine out of sockets, or a slow one, is no engine that is gone.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      socket.destroy();
      if (code !== "ECONNREFUSED" || ++misses < mostMisses) return;
      clearInterval(timer);
      gone();
    });
  }, everyMilliseconds);
  timer.unref();
}
