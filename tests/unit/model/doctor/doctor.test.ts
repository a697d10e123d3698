import { expect } from "chai";
import { examineApiServer, examineClock } from "../../../../provider/model/doctor/api-server.ts";
import { counted, fault, type Finding } from "../../../../provider/model/doctor/finding.ts";
import { examineInstallation } from "../../../../provider/model/doctor/installation.ts";
import { examineNode, type NetworkOnNode } from "../../../../provider/model/doctor/node.ts";
import { examineNetworks, examineRecords } from "../../../../provider/model/doctor/records.ts";
import { examineRights, neededRights } from "../../../../provider/model/doctor/rights.ts";
import { examineWorkloads, type WorkloadFacts } from "../../../../provider/model/doctor/workloads.ts";
import { platformManifests } from "../../../../provider/model/platform/platform.ts";
import { annotations } from "../../../../provider/model/names.ts";
import type { StoredNetwork } from "../../../../provider/model/network/record.ts";
import { pendingStatus } from "../../../../provider/model/vnic/pending.ts";
import type { StoredVnic } from "../../../../provider/model/vnic/record.ts";

const lines = (findings: readonly Finding[]) =>
  findings.map(({ level, subject, message }) => `${level} ${subject}: ${message}`);
const amiss = (findings: readonly Finding[]) => lines(findings.filter(({ level }) => level !== "ok"));

describe("doctor: every warning and every fault", () => {
  it("has a remedy, which the types require", () => {
    const [found] = examineRights("me", [{ group: "", resource: "pods", verb: "get" }]);
    expect(found?.remedy).to.be.a("string");
  });
});

describe("doctor: the API server, for", () => {
  const facts = {
    server: "https://k",
    version: { gitVersion: "v1.35.4", major: "1", minor: "35" },
    milliseconds: 5,
    aheadSeconds: 0.2,
  };
  const cases: [string, Partial<typeof facts>, string[]][] = [
    ["all well", {}, []],
    ["a managed cluster's minor version", { version: { gitVersion: "v1.31.2-gke.1", major: "1", minor: "31+" } }, []],
    [
      "an old version",
      { version: { gitVersion: "v1.30.9", major: "1", minor: "30" } },
      ["fault Kubernetes: v1.30.9 is older than 1.31"],
    ],
    ["a slow API server", { milliseconds: 450 }, ["warning API server: a small request takes 450 ms"]],
    ["a very slow API server", { milliseconds: 2600 }, ["fault API server: a small request takes 2600 ms"]],
    ["a clock that is behind", { aheadSeconds: -12 }, ["warning API server: its clock is 12 s behind this machine's"]],
    [
      "a clock that is far ahead",
      { aheadSeconds: 90 },
      ["fault API server: its clock is 90 s ahead of this machine's"],
    ],
  ];
  for (const [what, change, expected] of cases)
    it(what, () => expect(amiss(examineApiServer({ ...facts, ...change }))).to.deep.equal(expected));
  it("calls a node's clock a node's, with the same limits", () =>
    expect(examineClock("node n", 6).level).to.equal("warning"));
});

describe("doctor: the installation", () => {
  const image = "localhost/node:1";
  const wanted = platformManifests({ image });
  const examine = (change: (manifest: (typeof wanted)[number]) => object | undefined) =>
    amiss(
      examineInstallation(
        wanted.map((one) => ({ wanted: one, found: change(one) })),
        image,
      ),
    );

  it("has no finding when everything matches the manifests", () => expect(examine((one) => one)).to.deep.equal([]));
  it("ignores what the API server adds", () =>
    expect(examine((one) => ({ ...one, status: {}, extra: 1 }))).to.deep.equal([]));
  it("has a finding for each object that is missing", () =>
    expect(examine(() => undefined).filter((line) => line.startsWith("fault"))).to.have.length(1 + 4 + 4));
  it("has a finding for a namespace that is being deleted, lacks its Pod Security level or refuses Jobs", () => {
    const namespace = (metadata: object) => examine((one) => (one.kind === "Namespace" ? { ...one, metadata } : one));
    expect(namespace({ deletionTimestamp: "2026-01-01" })).to.deep.equal([
      "fault namespace vnic-system: is being deleted",
    ]);
    expect(namespace({})[0]).to.match(/^warning .* has no Pod Security level/);
    expect(namespace({ labels: { "pod-security.kubernetes.io/enforce": "baseline" } })[0]).to.match(
      /^fault .* baseline/,
    );
  });
  it("has a finding for a policy that doesn't allow the image", () => {
    const others = new Map(
      platformManifests({ image: "localhost/other:1" }).map((one) => [one.kind + one.metadata.name, one]),
    );
    const found = examine((one) => others.get(one.kind + one.metadata.name));
    expect(found).to.deep.equal(["fault policy own-pods-only.pulumi-vnic.dev: doesn't allow image localhost/node:1"]);
  });
});

describe("doctor: permissions", () => {
  it("are asked for each verb on each resource of the provider's roles, and for no secrets", () => {
    const rights = neededRights();
    expect(rights).to.deep.include({
      group: "",
      resource: "pods",
      subresource: "attach",
      verb: "create",
      namespace: "vnic-system",
    });
    expect(rights).to.deep.include({ group: "pulumi-vnic.dev", resource: "vnics", verb: "list" });
    expect(rights.some(({ resource }) => resource === "secrets")).to.equal(false);
  });
  it("are named by resource when they are denied", () =>
    expect(
      amiss(
        examineRights("me", [
          { group: "", resource: "pods", verb: "get" },
          { group: "batch", resource: "jobs", verb: "create", namespace: "vnic-system" },
          { group: "batch", resource: "jobs", verb: "delete", namespace: "vnic-system" },
        ]),
      ),
    ).to.deep.equal(["fault rights of me: lack get pods; create, delete jobs in batch in namespace vnic-system"]));
});

describe("doctor: reconciler and agent, for", () => {
  const well: WorkloadFacts = {
    reconciler: { wanted: 2, ready: 2, image: "i" },
    leader: { holder: "vnic-reconciler-x", renewedSecondsAgo: 3, leaseSeconds: 15 },
    agent: { wanted: 3, ready: 3, missingOn: [] },
    vnicSets: 1,
    leasedVnics: 1,
    image: "i",
  };
  const cases: [string, Partial<WorkloadFacts>, RegExp[]][] = [
    ["all well", {}, []],
    [
      "no reconciler, with VnicSets",
      { reconciler: undefined },
      [/^fault reconciler: isn't installed, which 1 VnicSet can't/],
    ],
    [
      "no reconciler, without VnicSets",
      { reconciler: undefined, vnicSets: 0 },
      [/^warning reconciler: isn't installed/],
    ],
    ["no ready replica", { reconciler: { wanted: 2, ready: 0, image: "i" } }, [/^fault reconciler: none of 2/]],
    ["one ready replica of two", { reconciler: { wanted: 2, ready: 1, image: "i" } }, [/^warning reconciler: 1 of 2/]],
    ["a scale of zero", { reconciler: { wanted: 0, ready: 0, image: "i" } }, [/^warning reconciler: is scaled to 0/]],
    ["no leader", { leader: undefined }, [/^fault reconciler: no replica is the leader/]],
    [
      "a leader that no longer renews its Lease",
      { leader: { holder: "x", renewedSecondsAgo: 99, leaseSeconds: 15 } },
      [/^fault reconciler: no replica/],
    ],
    ["another image", { image: "j" }, [/^warning reconciler: runs image i, this package takes j/]],
    [
      "no agent, with DHCP leases",
      { agent: undefined },
      [/^fault node agent: isn't installed, .* the leases of 1 Vnic with DHCP/],
    ],
    ["no agent, without DHCP leases", { agent: undefined, leasedVnics: 0 }, [/^warning node agent: isn't installed/]],
    [
      "a node without an agent",
      { agent: { wanted: 3, ready: 2, missingOn: ["n2"] } },
      [/^fault node agent: 2 of 3 .*not on n2/],
    ],
  ];
  for (const [what, change, expected] of cases)
    it(what, () => {
      const found = amiss(examineWorkloads({ ...well, ...change }));
      expect(found).to.have.length(expected.length);
      expected.forEach((words, index) => expect(found[index]).to.match(words));
    });
});

describe("doctor: a node", () => {
  const node = (status: string, message = "") => ({ status: { conditions: [{ type: "Ready", status, message }] } });
  const state = node("True");
  const lan: NetworkOnNode = { by: "Network lan", network: { mode: "macvlan", parent: "eth1" } };
  const sight = (more: object = {}) => ({
    result: { time: "", missingKinds: [], networks: [{ parent: "eth1", mtu: 1500, carrier: true }], ...more },
    aheadSeconds: 0,
  });

  it("has no finding when everything works", () =>
    expect(amiss(examineNode("n", state, [lan], sight()))).to.deep.equal([]));
  it("has a finding when it is gone or not ready", () => {
    expect(amiss(examineNode("n", undefined, [], sight()))).to.deep.equal(["fault node n: there is no such node"]);
    expect(amiss(examineNode("n", node("Unknown", "gone"), [], sight()))).to.deep.equal([
      "fault node n: isn't ready: gone",
    ]);
  });
  const problems: [string, RegExp][] = [
    ["injection Job x can't run on node n (image i): ErrImagePull: not found", /vnic:image/],
    ['injection Job x can\'t run on node n (image i): Failed: Failed to pull image "i": not found', /vnic:image/],
    ["creating injection Job: image i may not run in vnic-system; allowed: j", /--allow-image/],
    [
      "injection Job x: hostPath type check failed: /run/containerd is not a directory",
      /name the node's runtime layout/,
    ],
    ["the request is not understood: invalid", /of this package's version/],
    ["writing /x: no space is left on the node's disk (ENOSPC); make room", /make room on that disk/],
    ["writing /x: the node's disk can only be read (EROFS)", /can be written/],
    ['jobs.batch is forbidden: User "x" cannot create resource "jobs"', /vnic-provider/],
    ["something else", /kubectl -n vnic-system/],
  ];
  for (const [problem, remedy] of problems)
    it(`has a remedy for "${problem}"`, () =>
      expect(examineNode("n", state, [], { problem })[0]?.remedy).to.match(remedy));
  const cases: [string, NetworkOnNode, object, string][] = [
    [
      "a parent that is missing",
      lan,
      { networks: [{ problem: "no interface" }] },
      "fault node n: Network lan: no interface",
    ],
    [
      "an MTU that is too large",
      { ...lan, mtu: 9000 },
      {},
      "fault node n: Network lan: MTU 9000 is more than the 1500 of eth1",
    ],
    [
      "a parent without a carrier",
      lan,
      { networks: [{ parent: "eth1", mtu: 1500, carrier: false }] },
      "warning node n: Network lan: eth1 has no carrier",
    ],
    [
      "a kernel without the links of a mode in use",
      lan,
      { missingKinds: ["macvlan", "ipvlan"] },
      "fault node n: its kernel has no macvlan links, which Network lan needs",
    ],
    [
      "a kernel without VLANs when one is used",
      { ...lan, network: { ...lan.network, vlan: 7 } },
      { missingKinds: ["vlan"] },
      "fault node n: its kernel has no vlan links, which Network lan needs",
    ],
  ];
  for (const [what, asked, more, expected] of cases)
    it(`has a finding for ${what}`, () =>
      expect(amiss(examineNode("n", state, [asked], sight(more)))).to.deep.equal([expected]));
  it("isn't checked for modes that nobody uses", () =>
    expect(amiss(examineNode("n", state, [lan], sight({ missingKinds: ["ipvlan", "vlan"] })))).to.deep.equal([]));
});

describe("doctor: waiting records, for", () => {
  const record = (metadata: object, conditions?: object[]) =>
    ({
      metadata: { namespace: "shop", name: "db", generation: 2, ...metadata },
      ...(conditions ? { status: { conditions } } : {}),
    }) as unknown as StoredVnic;
  const ready = { type: "Ready", status: "True", reason: "Attached", message: "", observedGeneration: 2 };
  const cases: [string, StoredVnic, RegExp | undefined][] = [
    ["a Vnic that is ready", record({}, [ready]), undefined],
    [
      "a Vnic with the status that the API server defaults",
      record({}, [...pendingStatus.conditions]),
      /^warning Vnic shop\/db: hasn't been realised yet/,
    ],
    ["a Vnic that hasn't been realised", record({}), /^warning Vnic shop\/db: hasn't been realised yet/],
    [
      "a Vnic that failed",
      record({}, [{ ...ready, status: "False", reason: "Refused", message: "no" }]),
      /^fault .*Refused: no/,
    ],
    [
      "a Vnic that is being deleted",
      record({ deletionTimestamp: "2026-01-01T00:00:00Z" }, [ready]),
      /^warning .*since 2026-01-01/,
    ],
    ["a Vnic that was edited", record({ generation: 3 }, [ready]), /^warning .*was edited/],
    [
      "a Vnic with an address conflict",
      record({}, [
        ready,
        { ...ready, type: "AddressesUnique", status: "False", reason: "AddressConflict", message: "x" },
      ]),
      /^warning .*AddressConflict: x/,
    ],
  ];
  for (const [what, one, expected] of cases)
    it(what, () => {
      const [found] = amiss(examineRecords([one], true));
      if (expected) expect(found).to.match(expected);
      else expect(found).to.equal(undefined);
    });
});

describe("doctor: a fault of a node that keeps Vnics from being ready", () => {
  const full = "no space is left on the node's disk (ENOSPC); make room";
  const missing = 'network.parent: there is no interface "eth9" on the node; it has eth0';
  const waiting = (name: string, node: string, message: string) =>
    ({
      metadata: {
        ...{ namespace: "shop", name, generation: 1 },
        annotations: { [annotations.node]: node, [annotations.podUid]: "u" },
      },
      status: { conditions: [{ type: "Ready", status: "False", reason: "Failed", message, observedGeneration: 1 }] },
    }) as unknown as StoredVnic;
  const node = (message: string) => fault("node n1", message, "mend it");
  const written = (uid: string) => `node n1: writing /var/lib/pulumi-vnic/vnics/${uid}.json: ${full}`;

  it("is one line, which names the first of them", () => {
    const problem = `node n1: writing /var/lib/pulumi-vnic/vnics/check.tmp: ${full}`;
    const [disk = node("")] = examineNode("n1", { status: { conditions: [{ type: "Ready", status: "True" }] } }, [], {
      problem,
    });
    expect(disk.message).to.equal(problem.replace("node n1: ", ""));
    const records = ["a", "b", "c", "d", "e", "f"].map((name) => waiting(name, "n1", written(name)));
    expect(lines(examineRecords(records, true, [disk]))).to.deep.equal([
      `fault node n1: ${disk.message}; this keeps Vnic shop/a, shop/b, shop/c, shop/d, shop/e and 1 more from being ready`,
      "ok Vnics: 0 of 6 are ready",
    ]);
    const parent = node(`Network lan: ${missing}`);
    expect(amiss(examineRecords([waiting("a", "n1", missing)], true, [parent]))).to.deep.equal([
      `fault node n1: ${parent.message}; this keeps Vnic shop/a from being ready`,
    ]);
    const lost = node("isn't ready: Kubelet stopped posting node status.");
    const words = "node n1 isn't ready (Kubelet stopped posting node status.), so Vnic shop/a can't be removed from it";
    expect(amiss(examineRecords([waiting("a", "n1", words)], true, [lost]))).to.have.length(1);
  });

  it("doesn't hide a Vnic on another node, or with another reason", () => {
    const disk = node(`writing /var/lib/pulumi-vnic/vnics/check.tmp: ${full}`);
    for (const record of [waiting("a", "n2", written("a")), waiting("a", "n1", missing)])
      expect(amiss(examineRecords([record], true, [disk, fault("node n1", "", "?")]))).to.have.length(3);
  });
});

describe("doctor: Networks that are being deleted", () => {
  const network = (name: string, deletionTimestamp?: string) =>
    ({ metadata: { name, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) } }) as StoredNetwork;
  const vnic = (name: string, on: string) =>
    ({ metadata: { namespace: "shop", name }, spec: { network: { name: on } } }) as unknown as StoredVnic;

  it("are named with the Vnics on them, or with the way to let them go if there are none", () => {
    const networks = [network("lan", "2026-01-01"), network("wan", "2026-01-02"), network("kept")];
    const found = examineNetworks(networks, [vnic("a", "lan"), vnic("b", "kept")]);
    expect(lines(found)).to.deep.equal([
      "warning Network lan: has been waiting for its deletion since 2026-01-01: Vnic shop/a is on it",
      "warning Network wan: has been waiting for its deletion since 2026-01-02: no Vnic's record names it",
    ]);
    expect(found[1]?.remedy).to.match(/kubectl patch vnicnetwork wan .*"finalizers":null/);
  });
});

describe("doctor: a number", () => {
  it("has its noun in the singular or the plural", () =>
    expect([0, 1, 2].map((number) => counted(number, "fault"))).to.deep.equal(["0 faults", "1 fault", "2 faults"]));
});
