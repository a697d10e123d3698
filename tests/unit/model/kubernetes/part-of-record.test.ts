import { expect } from "chai";
import { partOfRecord, partOfStatefulSet } from "../../../../provider/model/kubernetes/part-of-record.ts";
import { isAwaited, type WorkloadObject } from "../../../../provider/model/vnic-set/selection.ts";

const large = "x".repeat(100_000);

describe("what is kept of an object with large texts", () => {
  it("is all of a record but foreign annotations and managed fields", () => {
    const metadata = { name: "wire", uid: "u1", labels: { app: "db" }, finalizers: ["pulumi-vnic.dev/eject"] };
    const own = { "pulumi-vnic.dev/owner": "urn", "addresses.pulumi-vnic.dev/x": "1" };
    const whole = {
      metadata: { ...metadata, annotations: { ...own, note: large }, managedFields: [{ manager: large }] },
      spec: { pod: { name: "db-0" } },
    };
    expect(partOfRecord(whole)).to.deep.equal({
      metadata: { ...metadata, annotations: own },
      spec: { pod: { name: "db-0" } },
    });
    expect(partOfRecord({ metadata, spec: 1 })).to.deep.equal({ metadata, spec: 1 });
  });

  it("tells which pods a StatefulSet will make, and no more", () => {
    const whole: WorkloadObject = {
      metadata: { name: "db", annotations: { note: large } } as never,
      spec: {
        ...{ replicas: 3, ordinals: { start: 1 } },
        selector: { matchLabels: { app: "db", note: large } },
        template: { metadata: { labels: { app: "db" } }, spec: { containers: [large] } } as never,
      },
    };
    const kept = partOfStatefulSet(whole);
    expect(JSON.stringify(kept).length).to.be.below(200);
    for (const pod of ["db-0", "db-1", "db-3", "db-4", "web-1"])
      for (const set of [{ selector: { app: "db" } }, { workload: { kind: "StatefulSet", name: "db" } }] as never[])
        expect(isAwaited(set, pod, [kept])).to.equal(isAwaited(set, pod, [whole]));
  });
});
