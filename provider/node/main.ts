import { createInterface } from "node:readline";
import { parseJson } from "../base/json.ts";
import { findHelloId, hello } from "../model/wire/hello.ts";
import type { Answer } from "../model/wire/session-protocol.ts";

/*
 * The node side of an injection session: the only process of the injection Job. It answers requests from stdin until
 * stdin ends, SIGTERM arrives or no request has come for a while, and then finishes the work in progress. It doesn't
 * use Pulumi or the API server.
 *
 * This file loads little, so that it answers `hello` soon. All else is in `serve.ts`, and loads while the driver's next
 * request is on its way.
 */

const idleMilliseconds = Number(process.env.VNIC_IDLE_SECONDS ?? "60") * 1000;

function sendAnswer(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

type Server = typeof import("./serve.ts");

let server: Promise<Server> | undefined;

function load(): Promise<Server> {
  server ??= import("./serve.ts").then((loaded) => {
    loaded.prepare();
    return loaded;
  });
  return server;
}

async function answer(line: string): Promise<void> {
  const json = parseJson(line);
  const helloId = findHelloId(json);
  if (helloId !== undefined) sendAnswer({ id: helloId, result: hello });
  else await (await load()).serve(json, sendAnswer);
}

function main(): void {
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  const underWay = new Set<Promise<void>>();
  const idle = setTimeout(() => lines.close(), idleMilliseconds);
  lines.on("line", (line) => {
    const task = answer(line).finally(() => {
      underWay.delete(task);
      idle.refresh();
    });
    underWay.add(task);
  });
  lines.on("close", () => {
    clearTimeout(idle);
    // The driver is gone: nobody can approve held requests. Those that came before are held by then.
    void server?.then(({ rejectHeld }) => rejectHeld());
    void Promise.allSettled(underWay).then(() => process.exit(0));
  });
  // As process 1 of a container we have no default handler for SIGTERM.
  process.on("SIGTERM", () => lines.close());
  setImmediate(() => void load());
}

main();
