import { basename } from "node:path";
import { expect } from "chai";
import { observe } from "../../provider/lifecycle/observe.ts";
import { linkAlias } from "../../provider/model/names.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { until } from "../lab/run.ts";
import { remainsOnNodes } from "../support/leaks.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";
import { podNetns } from "../support/pod-netns.ts";

describe("observe", () => {
  let state: VnicState;
  const namespace = "observe";
  const bench = useBench({ namespace });
  const definition = define({
    name: "wire",
    pod: { namespace, name: "db" },
    addresses: ["192.168.50.50/24", "fd50::50/64"],
    interfaceName: "lan0",
  });

  beforeEach(async () => {
    await bench.runPod("db", "node1");
    state = await bench.inject(definition);
  });
  afterEach(async () => {
    await bench.eject(state);
  });

  const seen = () => observe(bench.driver, vnicRef(definition), state);

  /** Runs `ip` in the pod. */
  async function inPod(...words: string[]): Promise<void> {
    const { code, stderr } = await bench.lab.exec("node1", [
      "nsenter",
      `--net=${await podNetns(bench, "db", "node1")}`,
      "ip",
      ...words,
    ]);
    expect(code, stderr).to.equal(0);
  }

  /** The names of the programs that run in the pod. */
  async function programsInPod(): Promise<string[]> {
    const list = `for p in $(ip netns pids ${basename(await podNetns(bench, "db", "node1"))}); do echo $p $(cat /proc/$p/comm); done`;
    return (await bench.lab.exec("node1", ["sh", "-c", list])).stdout.split("\n").filter(Boolean);
  }

  it("returns exactly what was injected", async () => {
    expect(await seen()).to.deep.equal(state);
  });

  /** Manual changes, the drift that is then reported, and the injection that repairs it. */
  const damages: [what: string, damage: () => Promise<unknown>, sight: object][] = [
    ["a deleted link", () => inPod("link", "del", "lan0"), { drift: [`the NIC is missing in pod ${namespace}/db`] }],
    [
      "a removed address",
      () => inPod("address", "del", "192.168.50.50/24", "dev", "lan0"),
      { addresses: ["fd50::50/64"] },
    ],
    [
      "an added address",
      () => inPod("address", "add", "192.168.50.51/24", "dev", "lan0"),
      { addresses: ["192.168.50.50/24", "fd50::50/64", "192.168.50.51/24"] },
    ],
    [
      "a changed MTU",
      () => inPod("link", "set", "lan0", "mtu", "1400"),
      { drift: ["the MTU is 1400 instead of 1500"] },
    ],
    [
      "a link that is down",
      () => inPod("link", "set", "lan0", "down"),
      { addresses: ["192.168.50.50/24"], drift: ["the NIC is down"] },
    ],
    [
      "a changed MAC",
      () => inPod("link", "set", "lan0", "address", "02:00:5e:00:00:99"),
      { drift: [`the MAC is 02:00:5e:00:00:99 instead of ${definition.mac}`] },
    ],
    [
      "a lost resource file",
      () => bench.lab.exec("node1", ["rm", `${stateDirectory}/vnics/${state.uid}.json`]),
      { drift: ["the Vnic resource file is missing"] },
    ],
    [
      "a lost record",
      async () => {
        await bench.kubectl("patch", "vnic", "wire", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`);
        await bench.kubectl("delete", "vnic", "wire");
      },
      { drift: ["the record is missing"] },
    ],
    [
      "a pod that was replaced on another node",
      async () => {
        await bench.kubectl("delete", "pod", "db", "--wait=true");
        await bench.runPod("db", "node2");
      },
      { drift: [`pod ${namespace}/db was replaced`] },
    ],
  ];
  for (const [what, damage, sight] of damages)
    it(`reports ${what}, and an injection repairs it`, async () => {
      const before = (await bench.linksIn("db")).find(({ ifname }) => ifname === "lan0");
      await damage();
      expect(await seen()).to.deep.include(sight);
      state = await bench.inject(definition, { known: state });
      expect(await seen()).to.deep.equal(state);
      expect(await answersPing(bench.lab, "lan1", "192.168.50.50")).to.equal(true);
      expect(await answersPing(bench.lab, "lan1", "fd50::50")).to.equal(true);
      const [links] = [(await bench.linksIn("db")).filter(({ ifalias }) => ifalias !== undefined)];
      expect(links).to.have.length(1);
      // If only files or records were lost, the pod keeps its link.
      if (what.includes("resource file")) expect(links?.[0]?.ifindex).to.equal(before?.ifindex);
      if (what.includes("another node")) await bench.kubectl("delete", "pod", "db", "--wait=true");
    });

  it("sees changes at once during repeated observations: a renamed NIC and a recreated NIC", async () => {
    let looking = true;
    const looks = (async () => {
      while (looking) await seen();
    })();
    try {
      await inPod("link", "add", "veth0", "type", "veth", "peer", "name", "veth1");
      await inPod("link", "set", "lan0", "name", "lan9");
      expect((await seen())?.drift).to.deep.equal(["the NIC is named lan9 instead of lan0"]);
      await inPod("link", "set", "veth0", "name", "lan0");
      expect((await seen())?.drift).to.deep.equal(["the NIC is named lan9 instead of lan0"]);
      await inPod("link", "del", "lan9");
      expect((await seen())?.drift).to.deep.equal([`the NIC is missing in pod ${namespace}/db`]);
      await inPod("link", "del", "lan0");
      state = await bench.inject(definition, { known: state });
      expect(await seen()).to.deep.equal(state);
    } finally {
      looking = false;
      await looks;
    }
  });

  it("leaves no process in the pod's network namespace", async () => {
    const before = await programsInPod();
    await seen();
    // Programs of earlier observations may still be ending at first.
    await until("the end of what looked", 180, async () =>
      (await programsInPod()).every((program) => before.includes(program)) ? true : undefined,
    );
  });

  it("doesn't report a Vnic without record and pod as gone while its node has the file, which an injection removes", async () => {
    await bench.kubectl("patch", "vnic", "wire", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`);
    await bench.kubectl("delete", "vnic", "wire");
    await bench.kubectl("delete", "pod", "db", "--wait=true");
    expect((await seen())?.drift).to.deep.equal(["the record is missing", `pod ${namespace}/db is gone`]);
    await bench.runPod("db", "node2");
    expect((await seen())?.drift).to.deep.equal(["the record is missing", `pod ${namespace}/db was replaced`]);
    const former = state.uid;
    state = await bench.inject(definition, { known: state });
    expect(state.uid).to.not.equal(former);
    expect(await remainsOnNodes(bench.lab)).to.have.members([
      `link lan0 (${linkAlias(state.uid)}) in ${basename(await podNetns(bench, "db", "node2"))} on node2`,
      `file ${stateDirectory}/vnics/${state.uid}.json on node2`,
    ]);
    await bench.eject(state);
    expect(await seen()).to.equal(undefined);
    await bench.kubectl("delete", "pod", "db", "--wait=true");
  });

  it("reports a Vnic as gone when nothing of it is left", async () => {
    await bench.eject(state);
    expect(await seen()).to.equal(undefined);
  });
});
