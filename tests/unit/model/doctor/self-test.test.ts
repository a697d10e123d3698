import { expect } from "chai";
import { examineSelfTest, readSelfTest, selfTestPod } from "../../../../provider/model/doctor/self-test.ts";
import { selfTestName } from "../../../../provider/model/names.ts";

const test = { node: "node1", network: "lan", host: "192.168.50.1", namespace: "default", image: "node:1" };
const mac = "02:00:5e:00:53:01";
const ended = (exitCode: number, message?: string) => ({
  containerStatuses: [{ state: { terminated: { exitCode, ...(message === undefined ? {} : { message }) } } }],
});

describe("doctor: the self-test's pod", () => {
  const cases: [what: string, status: object, answer: string | undefined][] = [
    ["hasn't begun", {}, undefined],
    ["is still asking", { containerStatuses: [{ state: {} }] }, undefined],
    ["got an answer over IPv4", ended(0, `192.168.50.1 lladdr ${mac} REACHABLE`), mac],
    ["got an answer over IPv6", ended(0, `fe80::1 lladdr ${mac} router REACHABLE\n`), mac],
    ["got none", ended(1), "none"],
    ["failed although it wrote an answer", ended(1, `192.168.50.1 lladdr ${mac} REACHABLE`), "none"],
    ["says something else", ended(0, "\u001b[2J".repeat(2000)), "none"],
    ["says less than a MAC", ended(0, "192.168.50.1 lladdr 02:00:5e REACHABLE"), "none"],
  ];
  for (const [what, status, answer] of cases)
    it(`${what}: ${answer ?? "no result yet"}`, () => expect(readSelfTest(status)).to.equal(answer));

  it("has the node's name as a hash, which is short for any name", () => {
    const names = ["node1", "node2", "n".repeat(253)].map(selfTestName);
    expect(new Set(names)).to.have.property("size", 3);
    for (const name of names) expect(name).to.match(/^vnic-self-test-[0-9a-f]{8}$/);
  });

  it("passes what the user gives only as values of variables", () => {
    const { command, env } = selfTestPod({ ...test, host: "fe80::1" }, "net1").spec.containers[0]!;
    expect(command.join(" ")).to.not.include("fe80::1").and.not.include("net1");
    expect(env).to.deep.equal([
      { name: "DEVICE", value: "net1" },
      { name: "HOST", value: "fe80::1" },
    ]);
  });
});

describe("doctor: a self-test", () => {
  const nic = { address: "192.168.50.9/24", mac };
  const cases: [what: string, result: Parameters<typeof examineSelfTest>[1], level: string, words: RegExp][] = [
    ["with an answer", { ...nic, answeredBy: "02:00:5e:00:53:99" }, "ok", /192.168.50.1 answers a NIC with MAC/],
    ["without one", { ...nic, answeredBy: undefined }, "fault", /192.168.50.1 doesn't answer a NIC with MAC/],
    ["that failed", { problem: "dhcp: no DHCP server has given an address within 12 s" }, "fault", /no DHCP server/],
  ];
  for (const [what, result, level, words] of cases)
    it(`${what} is ${level}`, () => {
      const { subject, message, ...found } = examineSelfTest({ ...test, address: nic.address }, result);
      expect({ subject, level: found.level }).to.deep.equal({ subject: "node node1", level });
      expect(message).to.match(words);
      if (level === "fault") expect(found.remedy).to.be.a("string");
    });

  it("says whether the address is from a DHCP server", () => {
    const result = { ...nic, answeredBy: mac };
    expect(examineSelfTest(test, result).message).to.include("the DHCP server gave 192.168.50.9/24");
    expect(examineSelfTest({ ...test, address: nic.address }, result).message).to.not.include("DHCP");
  });
});
