import { expect } from "chai";
import { up } from "../lab/index.ts";
import { installPlatform, providerKubeconfig, sessionsAtWork } from "../support/cluster.ts";
import { type Fault, FaultProxy } from "../support/fault-proxy.ts";
import { addressesOf, define } from "../support/lifecycle.ts";
import { answersPing } from "../support/outside.ts";
import { useBench } from "../support/use-bench.ts";

describe("a bad connection to the API server", () => {
  let proxy: FaultProxy;
  const namespace = "faults";
  const bench = useBench({ namespace, kubeconfig: throughProxy });
  const wire = (name = "wire", address = "192.168.50.57/24") =>
    define({ name, pod: { namespace, name: "db" }, addresses: [address] });

  async function throughProxy(): Promise<string> {
    const { kubectl } = await up();
    await installPlatform(kubectl);
    proxy = await FaultProxy.start();
    return proxy.kubeconfig(await providerKubeconfig(kubectl));
  }

  before(async () => {
    bench.afterClose(() => proxy.stop());
    await bench.runPod("db", "node1");
  });
  afterEach(async () => {
    proxy.heal();
    await bench.driver.sessions.close();
  });

  /** Checks that there is one answering NIC, one record, and at most one Job. */
  async function assertOneOfAll(): Promise<void> {
    expect(await answersPing(bench.lab, "lan1", "192.168.50.57")).to.equal(true);
    const ours = (await bench.linksIn("db")).filter(({ ifalias }) => ifalias !== undefined);
    expect(ours.map(addressesOf)).to.deep.equal([["192.168.50.57/24"]]);
    expect((await bench.kubectl("get", "vnics", "-o", "name")).trim()).to.match(/^\S+\/wire$/);
    expect((await sessionsAtWork(bench.lab.kubectl)).length, "Jobs, of which one may linger").to.be.at.most(1);
  }

  const everyCall = /./;
  const faults: [what: string, which: RegExp, fault: Fault][] = [
    ["is too busy and says for how long", everyCall, { answer: 429, headers: { "retry-after": "1" } }],
    ["is not available", everyCall, { answer: 503 }],
    ["has lost the request", /^GET/, { answer: 410, reason: "Expired" }],
    ["has a concurrent writer", /^(POST|PATCH|DELETE)/, { answer: 409, reason: "Conflict" }],
    ["is cut before the request arrived", everyCall, "cut"],
    ["is cut before the answer arrived", /^(POST|PATCH|DELETE|GET (?!.*attach))/, "answerLost"],
  ];
  for (const [what, which, fault] of faults)
    it(`that ${what}, once at each call, doesn't change the result`, async () => {
      proxy.faultOnce(which, fault);
      const state = await bench.inject(wire());
      await assertOneOfAll();
      proxy.faultOnce(which, fault);
      await bench.eject(state);
    });

  it("that silently dies during a call is closed, and the call is repeated over another one", async () => {
    proxy.fault(/^PATCH .*\/vnics\/wire$/, "silence");
    const state = await bench.inject(wire());
    await assertOneOfAll();
    await bench.eject(state);
  });

  it("that silently dies under an open session is detected, and the work is done in another session", async () => {
    const state = await bench.inject(wire());
    proxy.silenceStreams();
    const second = await bench.inject(wire("second", "192.168.50.58/24"));
    expect(await answersPing(bench.lab, "lan1", "192.168.50.58")).to.equal(true);
    await bench.eject(second);
    await assertOneOfAll();
    await bench.eject(state);
  });

  it("that is cut during an injection leaves one NIC, made by the next session", async () => {
    proxy.requests.length = 0;
    // The injection's plan is the first long text in a session.
    proxy.cutStreamsFrom(300);
    const state = await bench.inject(wire());
    const sessions = proxy.requests.filter((request) => /^POST .*\/jobs$/.test(request));
    expect(sessions.length, "sessions").to.be.at.least(2);
    await assertOneOfAll();
    await bench.eject(state);
  });

  it("that stays bad causes an error with the call and the server, within a time limit", async () => {
    proxy.fault(/^GET .*\/pods\/db$/, { answer: 503 }, 100);
    const error = await bench.inject(wire()).catch((cause: unknown) => cause);
    expect(error)
      .to.have.property("message")
      .that.matches(/^reading pod faults\/db: HTTP 503: a fault of the proxy$/);
    expect(proxy.requests.filter((request) => request.endsWith("/pods/db")).length).to.be.lessThan(20);
  });
});
