import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { takenVariables } from "../../../provider/model/lease/dhcp-variables.ts";
import { readClientEvent } from "../../../provider/model/lease/lease.ts";

const program = join(import.meta.dirname, "..", "..", "..", "provider", "agent", "dhcp-event.awk");

/** What the program prints at an event, with these variables in its environment. */
function print(event: string, variables: Readonly<Record<string, string>>): string {
  return spawnSync("awk", ["-f", program, event], { env: { PATH: process.env.PATH, ...variables } }).stdout.toString();
}

describe("the program that a DHCP client runs at each event", () => {
  it("passes on exactly the variables that are taken", () => {
    const values = Object.fromEntries(
      Object.keys(takenVariables).map((name, index) => [name, `10.0.0.${index}/8 -:_`]),
    );
    const line = print("bound", { ...values, hostname: "pod", dns: "10.0.0.9" });
    expect(JSON.parse(line)).to.deep.equal({ event: "bound", ...values });
    expect(print("deconfig", {})).to.equal('{"event":"deconfig"}\n');
  });

  it("prints one line of JSON, whatever a server sends, and replaces all that no address has", () => {
    const evil = `1.2.3.4"\\,"event":"nak"}\n{$(reboot)\`\u0001&`;
    expect(print("renew", { ip: evil })).to.equal(`{"event":"renew","ip":"1.2.3.4????event?:?nak??????reboot????"}\n`);
  });

  it("reports a value that is longer than its limit as unreadable", () =>
    expect(readClientEvent(print("bound", { lease: "9".repeat(65) }).trim())).to.deep.equal({ event: "unreadable" }));
});
