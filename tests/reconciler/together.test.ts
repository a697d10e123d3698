import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { annotations } from "../../provider/model/names.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import type { VnicState } from "../../provider/model/vnic/state.ts";
import { until } from "../lab/run.ts";
import { kubectl } from "../support/cluster.ts";
import { ipBeside } from "../support/damage.ts";
import { addressesOf, define, type PodLink } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";

const count = 50;
const pods = ["one", "two", "three", "four", "five"];
const rounds = 3;

describe("hooks and reconciler working on the same Vnics at full speed", () => {
  let reconciler: Reconciler;
  const namespace = "together";
  const bench = useBench({ namespace });

  before(async () => {
    reconciler = await startReconciler(bench.lab, { resyncSeconds: 2 });
    bench.beforeClose(() => reconciler.stop());
    await Promise.all(pods.map((pod, index) => bench.runPod(pod, index % 2 ? "node1" : "node3")));
  });

  const definitionOf = (index: number, round: number) =>
    define({
      name: `wire${index}`,
      pod: { namespace, name: pods[index % pods.length] ?? "" },
      interfaceName: `lan${index}`,
      addresses: [`192.168.51.${index + 1}/24`, `192.168.5${2 + (round % 2)}.${index + 1}/24`],
    });
  const records = async () =>
    (JSON.parse(await bench.kubectl("get", "vnics", "-o", "json")) as { items: StoredVnic[] }).items;
  const ownLinks = async () => {
    const links = await Promise.all(pods.map((pod) => bench.linksIn(pod)));
    return links.flat().filter(({ ifalias }) => ifalias?.startsWith("pulumi-vnic.dev/"));
  };

  it(`make one NIC for each of ${count}, as it was last declared, and then become idle`, async () => {
    const states = new Map<number, VnicState>();
    const driveOne = async (index: number) => {
      for (let round = 0; round < rounds; round++) {
        const known = states.get(index);
        const definition = definitionOf(index, round);
        states.set(index, await bench.inject(definition, { deadlineSeconds: 600, ...(known ? { known } : {}) }));
        // Leaves something to repair for both the reconciler and the next round.
        if ((index + round) % 5 === 0) await destroy(index);
      }
    };
    const destroy = async (index: number) => {
      const { node } = states.get(index) ?? {};
      // The link may be repaired or removed in the meantime.
      await ipBeside(bench.lab, node === "node1" ? "node1" : "node3", `lan${index}`, [
        "link",
        "delete",
        `lan${index}`,
      ]).catch(() => undefined);
    };
    const restart = async () => {
      for (let times = 0; times < 3; times++) {
        await new Promise((resolve) => setTimeout(resolve, 4000));
        await kubectl(bench.lab.kubectl, [
          ...["delete", "pod", "-n", "vnic-system", "-l", "app.kubernetes.io/component=reconciler"],
          ...["--grace-period=0", "--force"],
        ]);
      }
    };
    await Promise.all([restart(), ...Array.from({ length: count }, (_, index) => driveOne(index))]);

    // Either the hooks or the reconciler may have repaired a Vnic last; the hooks' declaration must apply.
    let links: PodLink[] = [];
    const given = (link: PodLink) => addressesOf(link).filter((one) => !one.startsWith("fe80"));
    await until("all NICs to be there, with their addresses", 180, async () => {
      links = await ownLinks();
      // A link that was just recreated doesn't have its two addresses yet while it probes for them.
      return links.length >= count && links.every((link) => given(link).length === 2) ? true : undefined;
    });
    const seen = links.map((link) => [link.ifname, given(link)] as const);
    const wanted = Array.from({ length: count }, (_, index) => {
      const { interfaceName, addresses } = definitionOf(index, rounds - 1);
      return [interfaceName, addresses] as const;
    });
    expect(Object.fromEntries(seen)).to.deep.equal(Object.fromEntries(wanted));
    expect(links).to.have.length(count);
    for (const record of await records()) {
      const index = Number(record.metadata.name.slice(4));
      expect(record.spec.addresses).to.deep.equal(definitionOf(index, rounds - 1).addresses);
      expect(record.metadata.uid, "made once").to.equal(states.get(index)?.uid);
    }

    // A claim of a reconciler that was killed is left until another one has seen it unchanged for 15 s.
    const claimOf = ({ metadata }: StoredVnic) => metadata.annotations?.[annotations.claim];
    await until("all claims to end", 180, async () => !(await records()).some(claimOf) || undefined);
    // Three further checks of each node must change nothing, once what was begun before is done.
    const stateNow = async () => [
      (await records()).map(({ metadata }) => [metadata.name, metadata.resourceVersion]),
      (await ownLinks()).map(({ ifindex }) => ifindex),
    ];
    await until("all to be idle for 6 s", 180, async () => {
      const former = await stateNow();
      await new Promise((resolve) => setTimeout(resolve, 6000));
      return isDeepStrictEqual(await stateNow(), former) || undefined;
    });
    for (const record of await records()) expect(claimOf(record)).to.equal(undefined);

    await Promise.all([...states.values()].map((state) => bench.eject(state)));
  }).timeout(1_500_000);
});
