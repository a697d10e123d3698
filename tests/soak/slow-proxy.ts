/*
 * Forwards to the lab's API server, and lets each request wait before: slow-proxy.ts <address> <port> <milliseconds>
 *
 * It is a program of its own, because it runs in a network namespace of its own; see slow-api-server.ts.
 */
import { FaultProxy } from "../support/fault-proxy.ts";

const [host = "", port, milliseconds] = process.argv.slice(2);
const proxy = await FaultProxy.start(undefined, { host, port: Number(port) });
proxy.delayMilliseconds = Number(milliseconds);
process.stdout.write("ready\n");
