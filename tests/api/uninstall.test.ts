import { expect } from "chai";
import { apiVersion, group, networkFinalizer, setFinalizer } from "../../provider/model/names.ts";
import { startControllers } from "../support/api/controllers.ts";
import { type ApiServer, startApiServer } from "../support/api/server.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";
import { runCommand } from "../support/command-line.ts";

const namespace = "uninstalled";

describe("uninstall, when a tenant's finalizers keep records", () => {
  let api: ApiServer;
  let endControllers: () => void;
  after(() => endControllers());
  before(async () => {
    api = await startApiServer({ standing: ["policies"] });
    endControllers = await startControllers(api, ["namespace-controller", "garbage-collector-controller"]);
    await api.makeNamespace(namespace);
    const network = { network: { parent: "eth1" } };
    const kept = (name: string, ...more: string[]) => ({
      metadata: { name, namespace, finalizers: ["example.com/keep", ...more] },
    });
    await applyObjects(api.kubectl, [
      { apiVersion, kind: "Vnic", ...kept("wire"), spec: { pod: { name: "db-0" }, ...network } },
      {
        apiVersion,
        kind: "VnicSet",
        ...kept("wires", setFinalizer),
        spec: { selector: { a: "b" }, template: network },
      },
      // A Vnic whose record went without a driver has left this finalizer.
      {
        ...{ apiVersion, kind: "VnicNetwork", metadata: { name: namespace, finalizers: [networkFinalizer] } },
        spec: { mode: "macvlan", parent: "eth1" },
      },
    ]);
  });

  it("names them before it removes anything else, and removes everything when it is run again without them", async () => {
    const uninstall = () => runCommand(["uninstall", "--delete-records"], { kubeconfig: api.kubeconfig });
    const first = await uninstall();
    expect(first.code).to.not.equal(0);
    for (const words of ["Vnic uninstalled/wire (example.com/keep)", "VnicSet uninstalled/wires (example.com/keep)"])
      expect(first.stderr).to.include(words);
    const policies = ["get", "validatingadmissionpolicies", "-o", "name"];
    expect(await kubectl(api.kubectl, policies)).to.include(`own-pods-only.${group}`);
    for (const object of ["vnic/wire", "vnicset/wires"]) {
      const body = JSON.stringify({ metadata: { finalizers: null } });
      await kubectl(api.kubectl, ["patch", object, "-n", namespace, "--type=merge", "-p", body]);
    }
    const second = await uninstall();
    expect(second.stderr).to.equal("");
    expect(await kubectl(api.kubectl, ["get", "crds", "-o", "name"])).to.not.include(group);
  });
});
