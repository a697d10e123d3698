import { expect } from "chai";
import { messageOf } from "../../provider/base/errors.ts";
import type { StoredVnic } from "../../provider/model/vnic/record.ts";
import type { StoredVnicSet } from "../../provider/model/vnic-set/record.ts";
import { openSetBench, type SetBench } from "../support/api/set-bench.ts";
import { applyObjects, kubectl } from "../support/cluster.ts";

const namespace = "refused-member";

/* What others have installed decides about a set's Vnics, too: quotas, policies, webhooks. */
describe("a VnicSet with Vnics that the API server refuses", () => {
  let bench: SetBench;
  before(async () => {
    bench = await openSetBench(namespace, [{ cidr: "10.80.0.0/24" }]);
  });
  after(async () => {
    await kubectl(bench.api.kubectl, ["delete", "resourcequota", "few", "-n", namespace]);
    await bench.driver.sessions.close();
  });

  const reconcile = () => bench.reconcileSet().then(() => undefined, messageOf);
  const ready = async () => {
    const [set] = await bench.list<StoredVnicSet>("vnicsets");
    return set?.status?.conditions.find(({ type }) => type === "Ready");
  };

  it("says in its status why a quota refuses one, and makes the others", async () => {
    const hard = { "count/vnics.pulumi-vnic.dev": "2" };
    const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "few", namespace }, spec: { hard } };
    await applyObjects(bench.api.kubectl, [quota]);
    // Otherwise, a controller of Kubernetes counts.
    const status = JSON.stringify({ status: { hard, used: { "count/vnics.pulumi-vnic.dev": "0" } } });
    await kubectl(bench.api.kubectl, [
      "patch",
      "resourcequota",
      "few",
      "-n",
      namespace,
      "--subresource=status",
      "--type=merge",
      "-p",
      status,
    ]);
    expect(await reconcile()).to.equal(undefined);
    const words = /exceeded quota: few/;
    expect(await reconcile(), "the error that lets the queue try again later").to.match(words);
    expect(await bench.list<StoredVnic>("vnics")).to.have.length(2);
    expect(await ready()).to.include({ status: "False", reason: "Forbidden" });
    expect((await ready())?.message).to.match(words);
    expect(await reconcile()).to.match(words);
    await kubectl(bench.api.kubectl, ["delete", "vnic", "-n", namespace, "--all", "--wait=false"]);
  });
});
