import { expect } from "chai";
import { VnicError } from "../../../../provider/base/errors.ts";
import { Deadline } from "../../../../provider/lifecycle/deadline.ts";
import { eject } from "../../../../provider/lifecycle/eject.ts";
import { inject } from "../../../../provider/lifecycle/inject.ts";
import { observe } from "../../../../provider/lifecycle/observe.ts";
import { networkStatusAnnotation } from "../../../../provider/model/kubernetes/network-status.ts";
import { annotations } from "../../../../provider/model/names.ts";
import type { VnicState } from "../../../../provider/model/vnic/state.ts";
import { rejection } from "../../../fakes/cluster.ts";
import { type FakeDriver, fakeDriver } from "../../../fakes/driver.ts";
import { definition, liveInterface, pod, uid } from "../../../fakes/objects.ts";

const ref = { namespace: "shop", name: "db-wire" };
const network = { networkAttachmentDefinition: "shop/lan" };
const others = { name: "cbr0", interface: "eth0", default: true };

describe("a Vnic whose network asks for the annotation network-status", () => {
  let driver: FakeDriver & { warn: (text: string) => void };
  let warnings: string[];
  beforeEach(() => {
    warnings = [];
    driver = { ...fakeDriver(), warn: (text) => void warnings.push(text) };
    driver.cluster.attachmentDefinitions.set("shop/lan", {
      metadata: { namespace: "shop", name: "lan", annotations: { [annotations.networkStatus]: "true" } },
      spec: { config: JSON.stringify({ type: "macvlan", master: "eth1" }) },
    });
    annotate([others]);
  });
  afterEach(() => driver.sessions.close());

  function annotate(list: readonly object[]): void {
    const before = driver.cluster.pods.get("shop/db-0") ?? pod();
    const metadata = { ...before.metadata, annotations: { [networkStatusAnnotation]: JSON.stringify(list) } };
    driver.cluster.pods.set("shop/db-0", { ...before, metadata });
  }
  const read = () => {
    const text = driver.cluster.pods.get("shop/db-0")?.metadata?.annotations?.[networkStatusAnnotation];
    return text === undefined ? undefined : (JSON.parse(text) as { interface?: string }[]);
  };
  const run = () => inject(driver, definition({ network }));
  const remove = ({ uid }: VnicState) =>
    eject(driver, ref, { uid, node: "worker-1", podName: "db-0" }, new Deadline("ejecting", 120));
  const status = () => driver.cluster.vnics.get("shop/db-wire")?.status?.networkStatus;
  const { name, mac } = liveInterface();

  it("is listed by its pod after others, and its record says where", async () => {
    const state = await run();
    expect(read()?.map((one) => one.interface)).to.deep.equal(["eth0", name]);
    expect(status()).to.deep.equal({
      name: "shop/lan",
      pod: "db-0",
      podUid: uid(2),
      interface: name,
      mac,
    });
    await remove(state);
    expect(read()).to.deep.equal([others]);
  });

  it("has drift if the entry is replaced, and an injection lists it again", async () => {
    const state = await run();
    expect((await observe(driver, ref, state))?.drift).to.equal(undefined);
    annotate([others]);
    expect((await observe(driver, ref, state))?.drift).to.have.length(1);
    await inject(driver, definition({ network }), { known: state });
    expect(read()?.map((one) => one.interface)).to.deep.equal(["eth0", name]);
  });

  it("is no longer listed when its network doesn't ask for it any more", async () => {
    const state = await run();
    const definitions = driver.cluster.attachmentDefinitions;
    const { spec = {} } = definitions.get("shop/lan") ?? {};
    definitions.set("shop/lan", { metadata: { namespace: "shop", name: "lan" }, spec });
    expect((await observe(driver, ref, state))?.drift).to.deep.equal([
      `the network's networkStatus is not given by now, and was "shop/lan"`,
    ]);
    await inject(driver, definition({ network }), { known: state });
    expect(read()).to.deep.equal([others]);
    expect(status()).to.equal(undefined);
  });

  it("is refused before anything is done if pods may not be changed", async () => {
    driver.cluster.failNext("tryPodChange", new VnicError("forbidden", "no right"));
    const error = await rejection(run());
    expect(error.message).to.match(/networkStatus: install it with networkStatus .*--network-status.*no right/);
    expect(driver.cluster.writes).to.deep.equal([]);
  });

  it("isn't listed, with a warning, where multus-dynamic-networks-controller would unplug it", async () => {
    driver.cluster.dynamicNetworksController = true;
    await run();
    expect(read()).to.deep.equal([others]);
    expect(warnings.join()).to.include("multus-dynamic-networks-controller is installed, and would unplug it");
  });

  it("leaves an annotation that isn't a list alone, and stays in state as incomplete", async () => {
    const before = driver.cluster.pods.get("shop/db-0") ?? pod();
    const metadata = { ...before.metadata, annotations: { [networkStatusAnnotation]: "none" } };
    driver.cluster.pods.set("shop/db-0", { ...before, metadata });
    expect((await rejection(run())).message).to.match(/its value is not a JSON list/);
    expect(driver.cluster.pods.get("shop/db-0")?.metadata?.annotations).to.deep.equal(metadata.annotations);
    expect(driver.cluster.vnics.has("shop/db-wire")).to.equal(true);
  });

  it("is deleted even if the right to the annotation was taken back", async () => {
    const state = await run();
    driver.cluster.failNext("changePodAnnotation", new VnicError("forbidden", "no right"));
    await remove(state);
    expect(driver.cluster.vnics.has("shop/db-wire")).to.equal(false);
    expect(warnings).to.deep.equal([`the entry of interface ${name} stays in the pod: no right`]);
  });
});
