import { expect } from "chai";
import { until } from "../lab/run.ts";
import { followCommand, runCommand } from "../support/command-line.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";

describe("pulumi-vnic status and graph", () => {
  const namespace = "status";
  const bench = useBench({ namespace });
  const address = "192.168.50.63/24";

  before(async () => {
    await bench.runPod("db", "node2");
    await bench.inject(
      define({ name: "wire", pod: { namespace, name: "db" }, interfaceName: "lan0", addresses: [address] }),
    );
  });

  const run = (...argv: string[]) => runCommand(argv, { kubeconfig: bench.lab.kubeconfig });

  it("shows a table, without colours when stdout is no terminal", async () => {
    const { code, stdout } = await run("status", "-n", namespace);
    expect(code).to.equal(0);
    const [header, line] = stdout.split("\n");
    expect(header?.split(/\s+/).slice(0, 4)).to.deep.equal(["NAMESPACE", "NAME", "POD", "NODE"]);
    expect(line?.split(/\s{2,}/).slice(0, -1)).to.deep.equal([
      ...[namespace, "wire", "db", "node2", "eth1 (macvlan)", "lan0", address, "-", "Ready"],
    ]);
    expect(stdout).to.not.include("\u001b");
  });

  it("shows one Vnic in detail, from the record, the node's file and the kernel", async () => {
    const { code, stdout, stderr } = await run("status", `${namespace}/wire`, "--json");
    expect(stderr).to.equal("");
    expect(code).to.equal(0);
    const { record, onNode } = JSON.parse(stdout) as {
      record: { metadata: { uid: string } };
      onNode: {
        link: { name: string; mac: string; counters: { tx: { packets: number } } };
        file: { vnic: { uid: string }; step: string };
      };
    };
    const link = (await bench.linksIn("db")).find(({ ifname }) => ifname === "lan0");
    expect(onNode.link).to.include({ name: "lan0", mac: link?.address });
    expect(onNode.link.counters.tx.packets).to.be.a("number");
    expect(onNode.file.vnic.uid).to.equal(record.metadata.uid);
    expect(onNode.file.step).to.equal("attached");
    const words = (await run("status", "wire", "-n", namespace)).stdout;
    for (const title of ["Conditions", "Events", "In the kernel", "Resource file"])
      expect(words).to.include(`\n${title}\n`);
  });

  it("follows the Vnics with --watch: prints each row once, and again when it changes", async () => {
    const { kubeconfig } = bench.lab;
    const plain = followCommand(["status", "-n", namespace, "--watch"], { kubeconfig });
    const data = followCommand(["status", "-n", namespace, "--watch", "--json"], { kubeconfig });
    const screen = followCommand(["status", "-n", namespace, "--watch"], { kubeconfig, terminal: true });
    const all = [plain, data, screen];
    const show = (words: string) =>
      until(`${words} to be shown`, 180, () => all.every(({ printed }) => printed.includes(words)) || undefined);
    try {
      await show(address);
      const second = await bench.inject(
        define({
          name: "second",
          pod: { namespace, name: "db" },
          interfaceName: "lan1",
          addresses: ["192.168.50.62/24"],
        }),
      );
      await show("192.168.50.62/24");
      await until("the second Vnic to be ready", 180, () => /second .*Ready/.test(plain.printed) || undefined);
      await bench.eject(second);
    } finally {
      await Promise.all(all.map((one) => one.stop()));
    }
    const lines = plain.printed.trim().split("\n");
    expect(lines.filter((line) => line.includes("NAMESPACE"))).to.have.length(1);
    expect(lines.filter((line) => / wire /.test(line))).to.have.length(1);
    expect(plain.printed).to.not.include("\u001b");
    const rows = data.printed
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { name: string; pod: string });
    expect(rows.filter(({ name }) => name === "wire")).to.have.length(1);
    expect(rows.at(-1)).to.include({ name: "second", pod: "db" });
    // A terminal gets the whole table each time, on a cleared screen, with a bold header.
    const tables = screen.printed.split("\u001b[2J\u001b[H").slice(1);
    expect(tables.length).to.be.greaterThan(1);
    for (const table of tables.slice(0, -1))
      expect(table).to.include("\u001b[1mNAMESPACE ").and.include("\u001b[22m").and.include(address);
  });

  it("says what to do about a name without a namespace, and about a missing Vnic", async () => {
    expect(await run("status", "wire")).to.deep.include({ code: 1, stdout: "" });
    const { code, stderr } = await run("status", `${namespace}/other`);
    expect(code).to.equal(1);
    expect(stderr).to.include(`there is no Vnic ${namespace}/other`);
  });

  it("draws the Vnics", async () => {
    expect((await run("graph", "-n", namespace)).stdout)
      .to.match(/^<svg /)
      .and.include(address);
    const { stdout } = await run("graph", "-n", namespace, "--json");
    expect(JSON.parse(stdout)).to.have.nested.property("nodes[0].pods[0].nics[0].id", `${namespace}/wire`);
    expect((await run("graph", "-n", namespace, "--format", "html")).stdout).to.include("<!doctype html>");
  });
});
