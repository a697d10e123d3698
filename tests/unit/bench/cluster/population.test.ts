import { expect } from "chai";
import { partOfPod } from "../../../../provider/model/kubernetes/part-of-pod.ts";
import { readPod } from "../../../../provider/model/kubernetes/pod.ts";
import { expand } from "../../../../provider/model/vnic-set/expansion.ts";
import { canonicalSet, type StoredVnicSet } from "../../../../provider/model/vnic-set/record.ts";
import type { WorkloadObject } from "../../../../provider/model/vnic-set/selection.ts";
import { storedPod } from "../../../bench/cluster/pods.ts";
import {
  namespaceObjects,
  nodeObjects,
  otherPodObjects,
  servedObjects,
  servedPods,
  setObjects,
  teamsOf,
} from "../../../bench/cluster/population.ts";
import { sizesOf } from "../../../bench/cluster/sizes.ts";

const sizes = sizesOf(100);
const served = servedPods(sizes);

describe("the simulated cluster", () => {
  it("has the wanted numbers of objects, whose keys are all different", () => {
    const pods = [...otherPodObjects(sizes)];
    const vnics = served.flatMap(servedObjects);
    const all = [
      ...namespaceObjects(teamsOf(sizes)),
      ...nodeObjects(sizes, 10250),
      ...pods,
      ...vnics,
      ...setObjects(sizes),
    ];
    const count = (start: string) => all.filter(({ key }) => key.startsWith(start)).length;
    expect(new Set(all.map(({ key }) => key)).size).to.equal(all.length);
    expect(count("pods/")).to.equal(sizes.otherPods + sizes.vnics);
    expect(count("pulumi-vnic.dev/vnics/")).to.equal(sizes.vnics);
    expect(count("pulumi-vnic.dev/vnicaddresses/")).to.equal(2 * sizes.vnics);
    expect(count("minions/")).to.equal(sizes.nodes);
    expect(count("pulumi-vnic.dev/vnicsets/")).to.equal(sizes.sets);
  });

  it("is divided as a whole, and has at least one object of each kind", () => {
    expect(sizesOf(1)).to.include({ nodes: 1000, otherPods: 50_000, vnics: 10_000, sets: 200, restarts: 1000 });
    expect(sizesOf(10_000)).to.include({ nodes: 1, otherPods: 5, sets: 1, vnics: 10, restarts: 1 });
  });

  it("has pods of a realistic size, which are running", () => {
    const [{ value } = { value: {} }] = [...otherPodObjects(sizes)];
    expect(JSON.stringify(value).length).to.be.within(5000, 10_000);
    expect(JSON.stringify(partOfPod(value)).length).to.be.lessThan(1000);
    expect(readPod(value).state).to.equal("running");
  });

  it("has Vnics that their sets leave as they are", () => {
    const [set, statefulSet] = setObjects(sizes).map(({ value }) => value) as [StoredVnicSet, WorkloadObject];
    const canonical = canonicalSet(set);
    if ("problems" in canonical) throw new Error(JSON.stringify(canonical.problems));
    const own = served.filter(({ pod }) => pod.namespace === set.metadata.namespace);
    const {
      apply,
      remove,
      waiting,
      served: chosen,
    } = expand({
      set: canonical.set,
      pods: own.map(({ pod, app }) => storedPod(pod, app)),
      vnics: own.map(({ vnic }) => vnic),
      others: [],
      workload: undefined,
      statefulSets: [statefulSet],
      ranges: set.spec.addresses,
    });
    expect([apply, remove, waiting]).to.deep.equal([[], [], []]);
    expect(chosen).to.have.length(sizes.membersOfSet);
  });
});
