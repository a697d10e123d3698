/**
 * The node agent without an API server, as a program: it prints its reports to stdout, one line of JSON for each
 * status, and reads the records' current statuses from stdin in the same format. `VNIC_HOST_ROOT` is the root of the
 * node's file system.
 */
import { createInterface } from "node:readline";
import { runAgent } from "../../../provider/agent/agent.ts";
import type { VnicStatus } from "../../../provider/model/vnic/conditions.ts";
import type { Report } from "./agent.ts";

const statuses = new Map<string, VnicStatus>();

function say(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { uid, status } = JSON.parse(line) as Exclude<Report, string>;
  statuses.set(uid, status);
});
await runAgent({
  changeVnicStatus: async (_, uid, change) => {
    const status = change(statuses.get(uid) ?? { conditions: [] });
    statuses.set(uid, status);
    say({ uid, status });
  },
  createEvent: async () => undefined,
});
say("serving");
