import { expect } from "chai";
import { observe } from "../../provider/lifecycle/observe.ts";
import { Surveyor } from "../../provider/lifecycle/survey.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { stateDirectory } from "../../provider/model/kubernetes/runtime-layout.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import type { Node } from "../lab/layout.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";

describe("a survey of many Vnics on two nodes", () => {
  let states: VnicState[];
  const namespace = "survey";
  const bench = useBench({ namespace });
  const nodes = ["node1", "node2"] as const;
  const definitions = Array.from({ length: 16 }, (_, index) =>
    define({
      name: `wire-${index}`,
      pod: { namespace, name: `db-${index % nodes.length}` },
      addresses: [`10.50.0.${1 + index}/16`, `fd51::${1 + index}/64`],
      interfaceName: `wire${index}`,
      ...(index === 8 ? { routes: [{ to: "10.60.8.0/24", via: "10.50.0.254" }] } : {}),
      duplicateAddressDetection: false,
    }),
  );

  before(async () => {
    await Promise.all(nodes.map((node, index) => bench.runPod(`db-${index}`, node)));
    states = await Promise.all(definitions.map((definition) => bench.inject(definition)));
  });

  /** Observes all Vnics in one survey, like one engine run. */
  function surveyed() {
    const surveyor = new Surveyor(bench.driver);
    return Promise.all(
      states.map((state) => observe(bench.driver, vnicRef(state), state, { view: surveyor.nextView() })),
    );
  }

  /** Observes each Vnic separately. */
  const observed = () => Promise.all(states.map((state) => observe(bench.driver, vnicRef(state), state)));

  /** Runs `ip` in the pods of the node one by one, until it succeeds in one. */
  async function inPodOf(node: Node, words: string): Promise<void> {
    const script = `for n in /run/netns/*; do nsenter --net=$n ip ${words} 2>/dev/null && exit; done; exit 1`;
    const { code } = await bench.lab.exec(node, ["sh", "-c", script]);
    expect(code, words).to.equal(0);
  }

  it("returns exactly what was injected", async () => {
    expect(await surveyed()).to.deep.equal(states);
  });

  it("returns the same as an observation of each Vnic after changes by hand", async () => {
    await inPodOf("node1", "link del wire10");
    await inPodOf("node2", "link set wire11 down");
    await inPodOf("node1", "address add 10.50.1.12/16 dev wire12");
    await inPodOf("node2", "link set wire13 name wire99");
    await inPodOf("node1", "route del 10.60.8.0/24 via 10.50.0.254");
    await bench.lab.exec("node2", ["rm", `${stateDirectory}/vnics/${states[9]?.uid}.json`]);
    await bench.kubectl("patch", "vnic", "wire-14", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`);
    await bench.kubectl("delete", "vnic", "wire-14");
    const seen = await surveyed();
    expect(seen).to.deep.equal(await observed());
    expect(Object.fromEntries(seen.flatMap((one) => (one?.drift ? [[one.name, one.drift]] : [])))).to.deep.equal({
      "wire-8": [`the route "10.60.8.0/24 via 10.50.0.254 dev wire8 table 254 proto 118" is missing`],
      "wire-9": ["the Vnic resource file is missing"],
      "wire-10": [`the NIC is missing in pod ${namespace}/db-0`],
      "wire-11": ["the NIC is down"],
      "wire-13": ["the NIC is named wire99 instead of wire13"],
      "wire-14": ["the record is missing"],
    });
    expect(seen[12]?.addresses).to.deep.equal(["10.50.0.13/16", "fd51::13/64", "10.50.1.12/16"]);
  });

  it("sees that a pod was replaced", async () => {
    await bench.kubectl("delete", "pod", "db-1", "--wait=true");
    await bench.runPod("db-1", "node1");
    const seen = await surveyed();
    expect(seen).to.deep.equal(await observed());
    for (const [index, one] of seen.entries())
      if (index % 2 === 1) expect(one?.drift).to.include(`pod ${namespace}/db-1 was replaced`);
  });

  it("sees what an injection has repaired", async () => {
    states = await Promise.all(
      definitions.map((definition, index) => bench.inject(definition, { known: states[index] as VnicState })),
    );
    expect(await surveyed()).to.deep.equal(states);
    await Promise.all(states.map((state) => bench.eject(state)));
    expect(await surveyed()).to.deep.equal(states.map(() => undefined));
  });
});
