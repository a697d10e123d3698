import { expect } from "chai";
import type { ResourceFile } from "../../provider/model/wire/resource-file.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { leased } from "../lab/layout.ts";
import { until } from "../lab/run.ts";
import { answersLeased, installAgent, removeAgent, startScripted } from "../support/dhcp.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { addressesOf, type Bench, define, linkNamed, openBench } from "../support/lifecycle.ts";

/** Below twice a minute the client doesn't ask its own server alone. */
const leaseSeconds = 130;

describe("a lease whose own server is gone", function () {
  this.timeout(240_000);
  let bench: Bench;
  let stop: () => Promise<void>;
  let state: VnicState;
  const namespace = "dhcp-rebinding";

  before(async () => {
    bench = await openBench({ namespace });
    await installAgent(bench.lab);
    await bench.runPod("db", "node1");
    const options = { 51: leaseSeconds.toString(16).padStart(8, "0") };
    stop = await startScripted({
      server: leased.host,
      replies: [{ ip: "192.168.60.50", options }],
      broadcastsOnly: true,
    });
  });
  after(async () => {
    await bench.close();
    await stop();
    await removeAgent(bench.lab);
    await assertNoLeaks(bench.lab);
  });

  const obtainedAt = async () => {
    const { stdout } = await bench.lab.exec("node1", ["cat", `${stateDirectory}/vnics/${state.uid}.json`]);
    return (JSON.parse(stdout) as ResourceFile).lease?.obtainedAt;
  };

  it("is asked for of that one alone at T1, without an answer, and of all from then on until one renews it", async () => {
    const dump = ["tcpdump", "-l", "-n", "-i", leased.parent, "udp and dst port 67"];
    const capture = bench.lab.spawn("node1", dump);
    let heard = "";
    capture.stdout?.on("data", (chunk: Buffer) => (heard += chunk.toString()));
    await new Promise((resolve) => capture.stderr?.once("data", resolve));
    try {
      state = await bench.inject(
        define({ name: "wire", pod: { namespace, name: "db" }, network: { parent: leased.parent } }),
      );
      const first = await obtainedAt();
      const toItAlone = `> ${leased.host}.67:`;
      await until("the question at T1", leaseSeconds / 2 + 15, () => heard.includes(toItAlone) || undefined);
      expect(await obtainedAt(), "still the first lease").to.equal(first);
      await until("the renewal", leaseSeconds / 2, async () => (await obtainedAt()) !== first || undefined);
      expect(heard.slice(heard.lastIndexOf(toItAlone))).to.include("> 255.255.255.255.67:");
      expect(addressesOf(linkNamed(await bench.linksIn("db"), state.interfaceName))).to.deep.equal(state.addresses);
      expect(await answersLeased(state.addresses[0] ?? "")).to.equal(true);
    } finally {
      capture.kill();
    }
  });
});
