import { expect } from "chai";
import { observe } from "../../provider/lifecycle/observe.ts";
import type { VnicRecord } from "../../provider/model/vnic/record.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { until } from "../lab/run.ts";
import { answersLeased, installAgent, removeAgent, startScripted } from "../support/dhcp.ts";
import { assertNoLeaks } from "../support/leaks.ts";
import { addressesOf, type Bench, define, linkNamed, openBench } from "../support/lifecycle.ts";
import { type Reply, text } from "../support/scripted-dhcp.ts";

const server = "192.168.60.1";
const good = "192.168.60.50";

describe("a DHCP server that means ill", function () {
  this.timeout(120_000);
  let bench: Bench;
  const namespace = "dhcp-hostile";
  const db = { namespace, name: "db" };
  let stop: () => Promise<void> = async () => undefined;

  before(async () => {
    bench = await openBench({ namespace });
    await installAgent(bench.lab);
    await bench.runPod("db", "node1");
  });
  afterEach(() => stop());
  after(async () => {
    await bench.close();
    await removeAgent(bench.lab);
    await assertNoLeaks(bench.lab);
  });

  const attach = () => bench.inject(define({ name: "wire", pod: db, network: { parent: "eth2" } }));
  const addressesInPod = async ({ interfaceName }: VnicState) =>
    addressesOf(linkNamed(await bench.linksIn("db"), interfaceName));

  it("brings nothing into the pod but its address, and runs nothing", async () => {
    // No more than fits into a packet.
    const evil = `$(touch ${stateDirectory}/pwned)\n\`touch ${stateDirectory}/pwned\`;\0'"`;
    const everywhere = "00c0a83c42"; // 0.0.0.0/0 by 192.168.60.66
    const options = {
      3: "c0a83c42",
      6: "c0a83c42",
      12: text(evil),
      15: text(evil),
      33: "0a000000c0a83c42",
      121: `${everywhere}080ac0a83c42`,
      249: everywhere,
    };
    const before = await bench.kubectl("exec", "db", "--", "sh", "-c", "ip route; cat /etc/resolv.conf; hostname");
    stop = await startScripted({ server, replies: [{ ip: good, options }] });
    const state = await attach();
    expect(state.addresses).to.deep.equal([`${good}/24`]);
    const after = await bench.kubectl("exec", "db", "--", "sh", "-c", "ip route; cat /etc/resolv.conf; hostname");
    const own = new RegExp(`^.* dev ${state.interfaceName} .*\n`, "gm");
    expect(after.match(own)).to.have.length(1);
    expect(after.replace(own, "")).to.equal(before);
    expect((await bench.lab.exec("node1", ["find", stateDirectory, "-name", "pwned"])).stdout).to.equal("");
    await bench.eject(state);
  });

  // Heads of a reply, up to the options: of another transaction, of another client, and of this one.
  const head = (xid: string, mac: string) =>
    `02010600${xid}0000000000000000c0a83c4200000000${"00".repeat(4)}${mac}${"00".repeat(202)}63825363`;
  const patient: [what: string, reply: Reply][] = [
    ["says it three times", { ip: good, copies: 3 }],
    ["takes its time", { ip: good, delayMilliseconds: 2500 }],
    [
      "talks nonsense first",
      {
        ip: good,
        before: [
          "00",
          "ff".repeat(1400),
          head("00000000", "MAC") + "350102ff",
          head("XID", "020000000066") + "350102ff",
          head("XID", "MAC"),
          `${head("XID", "MAC")}35ff02`,
          `${head("XID", "MAC")}0104`,
        ],
      },
    ],
  ];
  for (const [what, reply] of patient)
    it(`gives one address when it ${what}`, async () => {
      stop = await startScripted({ server, replies: [reply] });
      const state = await attach();
      expect(await addressesInPod(state)).to.deep.equal([`${good}/24`]);
      expect(await answersLeased(good)).to.equal(true);
      await bench.eject(state);
    });

  const refused: [what: string, reply: Reply, why: RegExp][] = [
    ["a loopback address", { ip: "127.0.0.1" }, /loopback/],
    ["no mask", { ip: good, options: { 1: "" } }, /is not a subnet mask/],
    [
      "half of all addresses for a subnet",
      { ip: good, options: { 1: "80000000" } },
      /would draw the pod's other traffic/,
    ],
    ["the cluster's network for a subnet", { ip: "10.0.0.5", options: { 1: "ff000000" } }, /has the pod's own address/],
    ["a lease of no time", { ip: good, options: { 51: "00000000" } }, /shorter than 30 s/],
  ];
  for (const [what, reply, why] of refused)
    it(`is refused when it gives ${what}, and nothing is left`, async () => {
      stop = await startScripted({ server, replies: [reply] });
      const error = await attach().catch((error: unknown) => error);
      expect(error).to.be.an("error").with.property("message").that.matches(why);
      expect((await bench.linksIn("db")).filter(({ ifalias }) => ifalias)).to.deep.equal([]);
      const { stdout } = await bench.kubectl("get", "vnics", "-o", "name").then((stdout) => ({ stdout }));
      expect(stdout).to.equal("");
    });

  it("that refuses to renew gives another address: the old one goes first, record and refresh follow", async () => {
    const other = "192.168.60.51";
    stop = await startScripted({ server, replies: [{ ip: good }, { ip: other }], naks: 1 });
    const state = await attach();
    expect(state.addresses).to.deep.equal([`${good}/24`]);
    const seen = new Set<string>();
    await until("the other address", 60, async () => {
      const addresses = await addressesInPod(state);
      seen.add(addresses.join(" "));
      return addresses.includes(`${other}/24`) ? true : undefined;
    });
    expect([...seen]).to.not.include(`${good}/24 ${other}/24`);
    expect(await answersLeased(other)).to.equal(true);
    expect(await answersLeased(good)).to.equal(false);
    const status = await until("the record", 10, async () => {
      const record = JSON.parse(await bench.kubectl("get", "vnic", "wire", "-o", "json")) as VnicRecord;
      return record.status?.lease?.address === `${other}/24` ? record.status : undefined;
    });
    expect(status.interface?.addresses).to.deep.equal([`${other}/24`]);
    expect(status.conditions.map(({ type, status }) => `${type} ${status}`)).to.have.members([
      "Ready True",
      "Attached True",
      "LeaseBound True",
    ]);
    const refreshed = await observe(bench.driver, { namespace, name: "wire" }, state);
    expect(refreshed).to.deep.include({ addresses: [`${other}/24`] });
    expect(refreshed).not.to.have.property("drift");
    await bench.eject(state);
  });
});
