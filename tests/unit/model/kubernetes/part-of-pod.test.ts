import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SharedValues } from "../../../../provider/base/shared-values.ts";
import { maxLabelsLength, partOfPod } from "../../../../provider/model/kubernetes/part-of-pod.ts";
import { type ContainerStatus, type PodObject, readPod } from "../../../../provider/model/kubernetes/pod.ts";
import { isSelected } from "../../../../provider/model/vnic-set/selection.ts";
import { containerId, pod } from "../../../fakes/objects.ts";
import { member, statefulSet, vnicSet } from "../../../fakes/vnic-sets.ts";

const folder = join(import.meta.dirname, "..", "..", "..", "fixtures", "pods");
const sizeOf = (object: PodObject) => JSON.stringify(object).length;
const withStatus = (status: PodObject["status"]): PodObject => pod({ status });
const long = "x".repeat(1_000_000);

describe("the part of a pod that is kept", () => {
  for (const file of readdirSync(folder))
    it(`is read like the whole pod of ${file}`, () => {
      const whole = JSON.parse(readFileSync(join(folder, file), "utf8")) as PodObject;
      expect(readPod(partOfPod(whole))).to.deep.equal(readPod(whole));
      expect(partOfPod(whole).metadata?.resourceVersion).to.equal(whole.metadata?.resourceVersion);
    });

  it("is selected by the same VnicSets", () => {
    const { spec } = vnicSet();
    const { spec: ofWorkload } = vnicSet({ workload: { kind: "StatefulSet", name: "db" } });
    for (const whole of [
      member("db-0"),
      member("db-0", 0, { owner: "StatefulSet/other" }),
      member("x", 0, { labels: {} }),
    ])
      for (const each of [spec, ofWorkload])
        expect(isSelected(each, statefulSet(1), partOfPod(whole))).to.equal(isSelected(each, statefulSet(1), whole));
  });

  const made = (name: string, state: ContainerStatus["state"], containerID = containerId): ContainerStatus => ({
    name,
    containerID,
    ...(state ? { state } : {}),
  });
  const other = containerId.replaceAll("c0", "d1");
  const mixtures: Record<string, PodObject["status"]> = {
    "a crashed container before one that runs": {
      phase: "Running",
      containerStatuses: [made("a", { terminated: { exitCode: 1 } }, other), made("b", { running: {} })],
    },
    "crashed containers alone": {
      phase: "Running",
      containerStatuses: [made("a", { waiting: { reason: "CrashLoopBackOff" } }), made("b", undefined, other)],
    },
    "a running init container before waiting ones": {
      phase: "Pending",
      initContainerStatuses: [made("init", { running: {} })],
      containerStatuses: [{ name: "a", state: { waiting: { reason: "PodInitializing" } } }],
    },
    "the second of its containers waiting": {
      phase: "Pending",
      containerStatuses: [{ name: "a" }, { name: "b", state: { waiting: { reason: "ErrImagePull", message: "no" } } }],
    },
  };
  for (const [title, status] of Object.entries(mixtures))
    it(`is read like the whole pod with ${title}`, () =>
      expect(readPod(partOfPod(withStatus(status)))).to.deep.equal(readPod(withStatus(status))));

  const containers = Array.from({ length: 5000 }, (_, index) => made(`c-${index}`, { running: {} }));
  const hostile: Record<string, PodObject> = {
    annotations: {
      ...pod(),
      metadata: { ...pod().metadata, annotations: { a: long, "kubernetes.io/config.hash": long } },
    },
    "a mirror's annotations": {
      ...pod(),
      metadata: {
        ...pod().metadata,
        annotations: { "kubernetes.io/config.mirror": long, "kubernetes.io/config.hash": long },
      },
    },
    labels: {
      ...pod(),
      metadata: {
        ...pod().metadata,
        labels: Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`l-${index}`, "x".repeat(63)])),
      },
    },
    owners: {
      ...pod(),
      metadata: {
        ...pod().metadata,
        ownerReferences: Array.from({ length: 5000 }, (_, index) => ({ kind: "Thing", name: `t-${index}` })),
      },
    },
    containers: withStatus({ phase: "Running", containerStatuses: containers, initContainerStatuses: containers }),
    conditions: withStatus({
      conditions: Array.from({ length: 5000 }, (_, index) => ({ type: `own/${index}`, status: "True" })),
    }),
    messages: withStatus({
      reason: long,
      message: long,
      conditions: [{ type: "PodScheduled", status: "False", reason: long, message: long }],
      containerStatuses: [{ name: "a", state: { waiting: { reason: long, message: long } } }],
    }),
    "a specification": { ...pod(), spec: { nodeName: "worker-1", containers: long } as PodObject["spec"] & object },
  };
  for (const [what, whole] of Object.entries(hostile))
    it(`is small for a pod with enormous ${what}`, () => {
      expect(sizeOf(whole)).to.be.greaterThan(100_000);
      expect(sizeOf(partOfPod(whole))).to.be.lessThan(2500);
    });

  it("has one copy in memory of what the pods of a workload have in common", () => {
    const shared = new SharedValues();
    const [one, other] = [0, 1].map(() => partOfPod(structuredClone(member("db-0")), shared));
    expect(one).to.deep.equal(partOfPod(member("db-0")));
    expect(other?.metadata?.labels).to.equal(one?.metadata?.labels);
    expect(other?.metadata?.ownerReferences).to.equal(one?.metadata?.ownerReferences);
    expect(other?.spec).to.equal(one?.spec);
  });

  it("has the labels of a pod up to a limit, and otherwise none", () => {
    const labelled = (length: number) => ({ metadata: { labels: { a: "x".repeat(length - 1) } } });
    expect(partOfPod(labelled(maxLabelsLength)).metadata?.labels).to.deep.equal(
      labelled(maxLabelsLength).metadata.labels,
    );
    expect(partOfPod(labelled(maxLabelsLength + 1)).metadata).to.not.have.property("labels");
  });
});
