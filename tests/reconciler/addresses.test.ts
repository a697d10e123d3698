import { expect } from "chai";
import type { StoredAddress } from "../../provider/model/address/address.ts";
import { annotations, apiVersion, labels } from "../../provider/model/names.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import { until } from "../lab/run.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { addressesOf, define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { type Reconciler, startReconciler } from "../support/reconciler.ts";

describe("an address that several records request", () => {
  let reconciler: Reconciler;
  const namespace = "addresses";
  const bench = useBench({ namespace });
  const host = "192.168.50.180";

  before(async () => {
    reconciler = await startReconciler(bench.lab);
    bench.beforeClose(() => reconciler.stop());
    await bench.runPod("db", "node1");
    await bench.runPod("web", "node3");
  });

  const record = (name: string, pod: string, metadata: object = {}, address = host) => ({
    apiVersion,
    kind: "Vnic",
    metadata: { namespace, name, ...metadata },
    // Switches probing off, so that only the address claims decide.
    spec: {
      pod: { name: pod },
      network: { parent: "eth1" },
      addresses: [`${address}/24`],
      duplicateAddressDetection: false,
    },
  });
  const apply = (...records: object[]) => applyObjects(bench.lab.kubectl, records);
  const read = async (name: string) => JSON.parse(await bench.kubectl("get", "vnic", name, "-o", "json")) as StoredVnic;
  const reasonOf = async (name: string) =>
    (await read(name)).status?.conditions.find(({ type }) => type === "Ready")?.reason ?? "";
  const settle = (name: string, reason: string) =>
    until(`${name} to be ${reason}`, 120, async () => ((await reasonOf(name)) === reason ? true : undefined));
  const objects = async () => {
    const { items } = JSON.parse(await kubectl(bench.lab.kubectl, ["get", "vnicaddresses", "-o", "json"])) as {
      items: StoredAddress[];
    };
    return items;
  };
  const holderOf = async (value = host) => {
    const found = (await objects()).filter(({ spec }) => spec.value === value);
    return found.map(({ spec }) => spec.holder.name).join(" ");
  };
  /** The pods that really have the address. */
  const podsWith = async (value = host) => {
    const seen = await Promise.all(
      ["db", "web"].map(async (pod) => {
        const links = await bench.linksIn(pod);
        return links.flatMap(addressesOf).includes(`${value}/24`) ? [pod] : [];
      }),
    );
    return seen.flat();
  };
  /** Waits for that, because a record is up to date only when the reconciler has looked at its new pod. */
  const isOnlyIn = (pod: string) =>
    until(`the address in pod ${pod} alone`, 120, async () => ((await podsWith()).join() === pod ? true : undefined));
  const restartReconciler = async () => {
    await reconciler.stop();
    reconciler = await startReconciler(bench.lab);
  };
  const renewPod = async (name: "db" | "web") => {
    await bench.kubectl("delete", "pod", name, "--wait=true");
    await bench.runPod(name, name === "db" ? "node1" : "node3");
  };

  it("is given to one of two simultaneous records, which keeps it through new pods and restarts until its deletion", async () => {
    await apply(record("one", "db"), record("two", "web"));
    const winner = await until("one of them to be served", 120, async () => {
      const reasons = await Promise.all(["one", "two"].map(reasonOf));
      return reasons.includes("Attached") ? (["one", "two"] as const)[reasons.indexOf("Attached")] : undefined;
    });
    const loser = winner === "one" ? "two" : "one";
    const [pod, other] = winner === "one" ? (["db", "web"] as const) : (["web", "db"] as const);
    await settle(loser, "HeldByOther");
    const { status } = await read(loser);
    expect(status?.conditions[0]?.message).to.include(`${host} is held by Vnic addresses/${winner} (pod ${pod})`);
    expect(await podsWith()).to.deep.equal([pod]);
    expect(await holderOf()).to.equal(winner);

    const isStill = async () => {
      await settle(winner, "Attached");
      await settle(loser, "HeldByOther");
      await isOnlyIn(pod);
      expect(await holderOf()).to.equal(winner);
    };
    await renewPod(pod);
    await isStill();
    await renewPod(other);
    await restartReconciler();
    await isStill();

    await bench.kubectl("delete", "vnic", winner, "--timeout=120s");
    await settle(loser, "Attached");
    expect(await podsWith()).to.deep.equal([other]);
    await bench.kubectl("delete", "vnic", loser, "--timeout=120s");
    expect(await objects()).to.deep.equal([]);
  });

  it("isn't taken by a record that was never in a pod, or by labels and annotations that anybody may write", async () => {
    await apply(record("ghost", "no-such-pod"));
    await settle("ghost", "PodNotFound");
    await apply(record("rightful", "db"));
    await settle("rightful", "Attached");
    const { metadata } = await read("rightful");
    const forged = {
      labels: { [labels.mac]: "0011223344556677", [`${labels.address}0011223344556677`]: "" },
      annotations: { ...metadata.annotations },
    };
    await apply(record("forger", "web", forged));
    await settle("forger", "HeldByOther");
    await renewPod("db");
    await restartReconciler();
    await settle("rightful", "Attached");
    await settle("forger", "HeldByOther");
    await isOnlyIn("db");
    expect(await holderOf()).to.equal("rightful");
    for (const name of ["ghost", "forger", "rightful"]) await bench.kubectl("delete", "vnic", name, "--timeout=120s");
    expect(await objects()).to.deep.equal([]);
  });

  it("is claimed again by the Vnic that has it after all claims were deleted, and not by one that waits for it", async () => {
    await apply(record("rightful", "db"));
    await settle("rightful", "Attached");
    await apply(record("waiting", "web"));
    await settle("waiting", "HeldByOther");
    const before = (await objects()).map(({ spec }) => spec);
    await kubectl(bench.lab.kubectl, ["delete", "vnicaddresses", "--all"]);
    await until("the claims to be back", 120, async () => (await objects()).length === before.length || undefined);
    expect((await objects()).map(({ spec }) => spec)).to.have.deep.members(before);
    await settle("rightful", "Attached");
    await settle("waiting", "HeldByOther");
    await isOnlyIn("db");
    for (const name of ["waiting", "rightful"]) await bench.kubectl("delete", "vnic", name, "--timeout=120s");
    expect(await objects()).to.deep.equal([]);
  });

  it("is given to the oldest waiting record when its holder drops it", async () => {
    await apply(record("holder", "db"));
    await settle("holder", "Attached");
    await apply(record("first", "web"));
    await settle("first", "HeldByOther");
    await new Promise((resolve) => setTimeout(resolve, 1100)); // Creation timestamps have whole seconds.
    await apply(record("second", "web"));
    await settle("second", "HeldByOther");
    await apply(record("holder", "db", {}, "192.168.50.181"));
    await settle("first", "Attached");
    expect(await holderOf()).to.equal("first");
    expect(await holderOf("192.168.50.181")).to.equal("holder");
    await settle("second", "HeldByOther");
    for (const name of ["second", "first", "holder"]) await bench.kubectl("delete", "vnic", name, "--timeout=120s");
    expect(await objects()).to.deep.equal([]);
  });

  it("is refused to a Pulumi program when a record has it, and to a record when a program has it", async () => {
    await apply(record("wire", "db"));
    await settle("wire", "Attached");
    const wanted = define({ name: "program", pod: { namespace, name: "web" }, addresses: [`${host}/24`] });
    const error: unknown = await bench.inject(wanted).catch((cause: unknown) => cause);
    expect(String(error)).to.include(`addresses[0]: ${host} is held by Vnic addresses/wire (pod db)`);
    await bench.kubectl("delete", "vnic", "wire", "--timeout=120s");
    const state = await bench.inject(wanted);
    await apply(record("wire", "db"));
    await settle("wire", "HeldByOther");
    await bench.eject(state);
    await settle("wire", "Attached");
    await bench.kubectl("delete", "vnic", "wire", "--timeout=120s");
  });

  it("stays with a Vnic from a version without VnicAddress objects after an upgrade", async () => {
    await apply(record("old", "db"));
    await settle("old", "Attached");
    await reconciler.stop();
    // Gives the record the annotations of an older version.
    await bench.kubectl("annotate", "vnic", "old", `${annotations.held}-`);
    await bench.kubectl("label", "vnic", "old", `${labels.mac}=0011223344556677`, `${labels.address}01=`);
    await kubectl(bench.lab.kubectl, ["delete", "vnicaddresses", "--all"]);
    await apply(record("new", "web"));
    reconciler = await startReconciler(bench.lab);
    await settle("new", "HeldByOther");
    expect(await holderOf()).to.equal("old");
    expect(await podsWith()).to.deep.equal(["db"]);
    expect((await read("old")).metadata.labels).to.not.have.property(labels.mac);
    for (const name of ["new", "old"]) await bench.kubectl("delete", "vnic", name, "--timeout=120s");
    expect(await objects()).to.deep.equal([]);
  });

  it("is shown by kubectl with its LAN and its holder", async () => {
    await apply(record("shown", "db"));
    await settle("shown", "Attached");
    const table = await kubectl(bench.lab.kubectl, ["get", "vnaddr"]);
    expect(table).to.match(/SEGMENT +ADDRESS +NAMESPACE +VNIC +AGE/);
    expect(table).to.match(new RegExp(`eth1 +${host} +addresses +shown `));
    await bench.kubectl("delete", "vnic", "shown", "--timeout=120s");
  });
});
