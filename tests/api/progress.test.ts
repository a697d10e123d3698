import { expect } from "chai";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import { eject } from "../../provider/lifecycle/eject.ts";
import { inject } from "../../provider/lifecycle/inject.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import { apiVersion, vnicId } from "../../provider/model/names.ts";
import { vnicRef } from "../../provider/model/vnic/record.ts";
import { FakeNodeSide } from "../fakes/node-side.ts";
import { injectResult } from "../fakes/objects.ts";
import { until } from "../lab/run.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { driverOf, makeNode, makePods, numbered, standInCluster } from "../support/api/stand-in.ts";
import { askKstatus } from "../support/kapply.ts";

const namespace = "progress";

describe("kstatus", () => {
  let api: ApiServer;
  const nodeSide = new FakeNodeSide();
  let driver: ReturnType<typeof driverOf>;
  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await makeNode(api, "progress-1");
    await makePods(api, namespace, "progress-1", ["db-0"]);
    // However slow the machine is, no injection gets to the report of its progress, which has another reason.
    driver = driverOf(await standInCluster(api.kubeconfig, nodeSide), {}, { firstReportMilliseconds: 600_000 });
  });
  after(() => driver.sessions.close());

  const definition = numbered(namespace, "db-0", 1);
  const record = async (): Promise<StoredVnic> => {
    const found = await driver.cluster.findVnic(vnicRef(definition));
    if (!found) throw new Error(`there is no Vnic ${vnicId(vnicRef(definition))}`);
    return found;
  };
  const ready = async () => (await record()).status?.conditions.find(({ type }) => type === "Ready");
  const isSaid = async () => {
    const condition = await ready();
    const kstatus = await askKstatus(api, "Vnic", vnicRef(definition));
    return { kstatus, ready: condition?.status, reason: condition?.reason };
  };
  /** The conditions that the record shows while the node works. */
  const meanwhile = (): Awaited<ReturnType<typeof isSaid>>[] => {
    const seen: Awaited<ReturnType<typeof isSaid>>[] = [];
    nodeSide.inject = async () => {
      // The driver doesn't wait for this write of the status.
      await until("the record to say so", 30, async () => ((await ready())?.status === "False" ? true : undefined));
      seen.push(await isSaid());
      return injectResult();
    };
    return seen;
  };

  it("sees a record that hasn't been realised yet as in progress, Vnic or VnicSet", async () => {
    const network = { parent: "eth1" };
    await applyObjects(api.kubectl, [
      {
        ...{ apiVersion, kind: "Vnic", metadata: { namespace, name: "alone" } },
        spec: { pod: { name: "db-0" }, network, addresses: ["10.78.0.1/16"] },
      },
      {
        ...{ apiVersion, kind: "VnicSet", metadata: { namespace, name: "alone" } },
        spec: { selector: { app: "none" }, template: { network } },
      },
    ]);
    for (const kind of ["Vnic", "VnicSet"] as const)
      expect(await askKstatus(api, kind, { namespace, name: "alone" }), kind).to.equal("InProgress");
    const table = await kubectl(api.kubectl, ["get", "vnic", "alone", "-n", namespace]);
    expect(table.split("\n")[1]).to.match(/^alone +db-0 .*False/);
  });

  it("sees a record that is being created as in progress until the Vnic is in its pod", async () => {
    const seen = meanwhile();
    await inject(driver, definition);
    expect(seen).to.deep.equal([{ kstatus: "InProgress", ready: "False", reason: "Pending" }]);
    expect(await isSaid()).to.deep.equal({ kstatus: "Current", ready: "True", reason: "Attached" });
  });

  it("sees an edit by kubectl as in progress until it is done", async () => {
    const patch = JSON.stringify({ spec: { addresses: ["10.77.0.99/16"] } });
    await kubectl(api.kubectl, ["patch", "vnic", definition.name, "-n", namespace, "--type=merge", "-p", patch]);
    expect(await isSaid(), "before").to.deep.equal({ kstatus: "InProgress", ready: "True", reason: "Attached" });
    const seen = meanwhile();
    const edited = { ...definition, addresses: ["10.77.0.99/16"] };
    await inject(driver, edited, { sourceRecord: await record() });
    expect(seen, "while").to.deep.equal([{ kstatus: "InProgress", ready: "False", reason: "Attaching" }]);
    expect(await isSaid(), "after").to.deep.equal({ kstatus: "Current", ready: "True", reason: "Attached" });
  });

  it("sees a record that is being deleted as terminating until the Vnic is out of its pod", async () => {
    const { uid } = (await record()).metadata;
    await kubectl(api.kubectl, ["delete", "vnic", definition.name, "-n", namespace, "--wait=false"]);
    const ask = () => askKstatus(api, "Vnic", vnicRef(definition));
    expect(await ask()).to.equal("Terminating");
    await eject(driver, vnicRef(definition), { uid }, new Deadline("deleting", 60));
    expect(await ask()).to.equal("NotFound");
  });
});
