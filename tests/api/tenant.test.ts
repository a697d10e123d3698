import { expect } from "chai";
import {
  agentName,
  annotations,
  apiVersion,
  finalizer,
  group,
  inlineRole,
  inlineVerb,
  labels,
  networkLabel,
  providerServiceAccount,
  setFinalizer,
  systemNamespace,
  userOfAccount,
} from "../../provider/model/names.ts";
import { addressRecord, addressName } from "../../provider/model/address/address.ts";
import { maxItems } from "../../provider/model/schema/bounds.ts";
import { until } from "../lab/run.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { applyObjects, installPlatform, kubectl, removeParts } from "../support/cluster.ts";

/* What users of a namespace may ask of the API server: Ann may write Vnics, Owen has all rights in the namespace. */

const namespace = "tenant";
const neighbor = "neighbor";
const network = "tenant-lan";
const rbac = { apiGroup: "rbac.authorization.k8s.io" };
const rbacVersion = "rbac.authorization.k8s.io/v1";

const people = [
  {
    ...{ apiVersion: rbacVersion, kind: "Role", metadata: { name: "everything", namespace } },
    rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
  },
  ...[
    ["ann", "ClusterRole", "vnic-view"],
    ["ann", "ClusterRole", "vnic-edit"],
    ["owen", "Role", "everything"],
  ].map(([person, kind, name]) => ({
    ...{ apiVersion: rbacVersion, kind: "RoleBinding", metadata: { name: `${person}-${name}`, namespace } },
    ...{ roleRef: { ...rbac, kind, name }, subjects: [{ kind: "User", name: person, ...rbac }] },
  })),
];

const vnic = (name: string, spec: object, metadata: object = {}) => ({
  ...{ apiVersion, kind: "Vnic", metadata: { name, namespace, ...metadata } },
  spec: { pod: { name: "db" }, ...spec },
});
const set = (name: string, template: object, metadata: object = {}) => ({
  ...{ apiVersion, kind: "VnicSet", metadata: { name, namespace, ...metadata } },
  spec: { selector: { app: "db" }, template },
});
const onNetwork = { network: { name: network } };
const inline = { network: { mode: "macvlan", parent: "eth0" } };
const held = addressRecord(
  { segment: "eth1", value: "192.168.50.77", property: "addresses[0]" },
  { namespace: neighbor, name: "theirs", uid: "00000000-0000-4000-8000-000000000099" },
);

describe("a tenant, at the API server,", () => {
  let api: ApiServer;
  /** A key as a part of a JSON pointer (RFC 6901). */
  const pointer = (key: string) => key.replaceAll("/", "~1");
  const as = (person: string, argv: readonly string[], input?: object) =>
    api.kubectl(
      [...argv, "--as", person, "--as-group", "system:authenticated"],
      input === undefined ? undefined : JSON.stringify(input),
    );

  before(async () => {
    api = await apiServer();
    for (const name of [namespace, neighbor]) await api.makeNamespace(name);
    await installPlatform(api.kubectl, ["policies"]);
    const lan = {
      ...{ apiVersion, kind: "VnicNetwork", metadata: { name: network } },
      spec: { mode: "macvlan", parent: "eth1", gateways: ["192.168.50.1", "fd50::1"] },
    };
    const theirs = vnic("theirs", { ...inline, addresses: ["192.168.50.77/24"] }, { namespace: neighbor });
    await applyObjects(api.kubectl, [...people, lan, held, theirs]);
    await until("the policies to take effect", 30, async () => {
      const { stderr } = await as("ann", ["create", "--dry-run=server", "-f", "-"], vnic("probe", inline));
      return stderr.includes("use-inline") || undefined;
    });
    await applyObjects(api.kubectl, [vnic("named", onNetwork), set("named", onNetwork), vnic("admins", inline)]);
  });
  after(async () => {
    for (const kind of ["vnics", "vnicsets"])
      for (const name of [namespace, neighbor]) await api.kubectl(["delete", kind, "--all", "-n", name]);
    await api.kubectl(["delete", "vnicnetwork", network]);
    await api.kubectl(["delete", "vnicaddress", held.metadata.name]);
    await removeParts(api.kubectl, "policies");
  });

  const patch = (type: string, kind: string, name: string, body: unknown, ...more: string[]) => [
    ...["patch", kind, name, "-n", namespace, `--type=${type}`, "-p", JSON.stringify(body), ...more],
  ];
  /** All requests that would put an inline network into a record. */
  const requests = (kind: "vnic" | "vnicset"): [what: string, argv: string[], input?: object][] => {
    const make = kind === "vnic" ? vnic : set;
    const path = kind === "vnic" ? "/spec/network" : "/spec/template/network";
    const spec = kind === "vnic" ? inline : { template: inline };
    const apply = ["apply", "--server-side", "--force-conflicts"];
    return [
      ["a dry run", ["create", "--dry-run=server", "-f", "-"], make("fresh", inline)],
      ["a creation", ["create", "-f", "-"], make("fresh", inline)],
      ["a generated name", ["create", "-f", "-"], make("", inline, { name: undefined, generateName: "fresh-" })],
      ["an apply", [...apply, "-f", "-"], make("fresh", inline)],
      ["the reconciler's field manager", [...apply, "--field-manager=pulumi-vnic", "-f", "-"], make("named", inline)],
      ["an apply over a named network", [...apply, "-f", "-"], make("named", inline)],
      ["a replacement", ["replace", "-f", "-"], make("named", inline)],
      ["a merge patch", patch("merge", kind, "named", { spec: nulled(spec) })],
      ["a JSON patch", patch("json", kind, "named", [{ op: "replace", path, value: inline.network }])],
      [
        "a reference to an owner that has the right",
        ["create", "-f", "-"],
        make("fresh", inline, {
          ownerReferences: [{ apiVersion, kind: "VnicNetwork", name: network, uid: held.spec.holder.uid }],
          labels: { [labels.managedBy]: "pulumi-vnic" },
        }),
      ],
    ];
  };
  /** A merge patch that also removes the network's name. */
  const nulled = (spec: object): unknown =>
    JSON.parse(JSON.stringify(spec).replace('"mode":"macvlan"', '"mode":"macvlan","name":null'));

  for (const kind of ["vnic", "vnicset"] as const)
    for (const [what, argv, input] of requests(kind))
      it(`gets no inline network into a ${kind} by ${what}`, async () => {
        for (const person of ["ann", "owen"])
          expect((await as(person, argv, input)).stderr, person).to.match(/needs the right "use-inline"/);
      });

  it("gets no network inline by binding our own ClusterRoles in its namespace, or by a Role that names the right", async () => {
    const clusterRoles = [inlineRole, providerServiceAccount, "cluster-admin"];
    const rules = [{ apiGroups: [group], resources: ["vnicnetworks"], verbs: [inlineVerb] }];
    const role = { apiVersion: rbacVersion, kind: "Role", metadata: { name: "inline", namespace }, rules };
    expect((await as("owen", ["apply", "-f", "-"], role)).stderr).to.equal("");
    const bound = [["Role", "inline"], ...clusterRoles.map((name) => ["ClusterRole", name])].map(([kind, name]) => ({
      ...{ apiVersion: rbacVersion, kind: "RoleBinding", metadata: { name: `own-${name}`, namespace } },
      ...{ roleRef: { ...rbac, kind, name }, subjects: [{ kind: "User", name: "owen", ...rbac }] },
    }));
    for (const binding of bound) await as("owen", ["apply", "-f", "-"], binding);
    for (const record of [vnic("fresh", inline), set("fresh", inline)])
      expect((await as("owen", ["create", "--dry-run=server", "-f", "-"], record)).stderr).to.match(/use-inline/);
    const others = [
      "patch",
      "vnic",
      "theirs",
      "-n",
      neighbor,
      "--type=merge",
      "-p",
      '{"metadata":{"labels":{"a":"b"}}}',
    ];
    expect((await as("owen", others)).stderr).to.match(/[Ff]orbidden/);
    await api.kubectl(["delete", "rolebinding", "-n", namespace, ...bound.map(({ metadata }) => metadata.name)]);
  });

  const parts: [what: string, operations: object[]][] = [
    ["a parent beside the name", [{ op: "add", path: "/spec/network/parent", value: "eth0" }]],
    [
      "a copy of another field's value as the parent",
      [
        { op: "remove", path: "/spec/network/name" },
        { op: "copy", from: "/spec/pod/name", path: "/spec/network/parent" },
      ],
    ],
    ["a mode beside the name", [{ op: "add", path: "/spec/network/mode", value: "bridge" }]],
  ];
  for (const [what, operations] of parts)
    it(`gets no inline network by ${what}`, async () => {
      const request = patch("json", "vnic", "named", operations, "--dry-run=server");
      expect((await as("owen", request)).stderr).to.match(/network/);
    });

  it("takes no record off an inline network, or off one of another namespace, to give it a network of its own", async () => {
    const abroad = { network: { networkAttachmentDefinition: `${neighbor}/lan` } };
    for (const [one, theirs] of Object.entries({ inline, abroad }))
      for (const make of [vnic, set]) {
        const kind = make === vnic ? "vnic" : "vnicset";
        await applyObjects(api.kubectl, [make(`moved-${one}`, theirs)]);
        const name = `moved-${one}`;
        const path = make === vnic ? "/spec/mtu" : "/spec/template/mtu";
        const requests: [argv: readonly string[], input?: object][] = [
          [["replace", "-f", "-"], make(name, onNetwork)],
          [["apply", "--server-side", "--force-conflicts", "-f", "-"], make(name, onNetwork)],
          [patch("json", kind, name, [{ op: "add", path, value: 1400 }])],
        ];
        for (const [argv, input] of requests)
          expect((await as("ann", [...argv, "--dry-run=server"], input)).stderr, `${kind} ${one}: ${argv[0]}`).to.match(
            /network.*needs the right "use-inline"/,
          );
      }
  });

  const wishes: [property: string, wish: object][] = [
    ["mac", { mac: "00:11:22:33:44:55" }],
    ["mac", { mac: "02:11:22:33:44:55" }],
    ["duplicateAddressDetection", { duplicateAddressDetection: false }],
  ];
  for (const [property, wish] of wishes)
    it(`has no ${JSON.stringify(wish)} on a NetworkAttachmentDefinition, unless somebody with the right gave it`, async () => {
      for (const attachment of ["lan", `${namespace}/lan`]) {
        const attached = { network: { networkAttachmentDefinition: attachment } };
        const refusal = new RegExp(`${property}: .* on a NetworkAttachmentDefinition needs the right "use-inline"`);
        const records =
          property === "mac"
            ? [vnic("fresh", { ...attached, ...wish })]
            : [vnic, set].map((make) => make("fresh", { ...attached, ...wish }));
        for (const record of records) {
          const create = ["create", "--dry-run=server", "-f", "-"];
          expect((await as("owen", create, record)).stderr).to.match(refusal);
          expect((await api.kubectl(create, JSON.stringify(record))).stderr, "an administrator").to.equal("");
        }
        await applyObjects(api.kubectl, [vnic("given", { ...attached, ...wish }), vnic("plain", attached)]);
        const change = { spec: { mtu: 1400 } };
        expect((await as("ann", patch("merge", "vnic", "given", change, "--dry-run=server"))).stderr).to.equal("");
        const wanted = { spec: { ...change.spec, ...wish } };
        expect((await as("ann", patch("merge", "vnic", "plain", wanted, "--dry-run=server"))).stderr).to.match(refusal);
      }
    });

  it("takes no MAC, and no unprobed address, from a Network that allows them to a NetworkAttachmentDefinition", async () => {
    const name = "tenant-free";
    const free = { mode: "macvlan", parent: "eth1", freeMacs: true, allowUnprobed: true };
    const create = ["create", "--dry-run=server", "-f", "-"];
    await applyObjects(api.kubectl, [{ apiVersion, kind: "VnicNetwork", metadata: { name }, spec: free }]);
    const given = { network: { name }, mac: "00:11:22:33:44:55" };
    await until("the Network to be known", 30, async () =>
      (await as("ann", create, vnic("fresh", given))).code === 0 ? true : undefined,
    );
    const unprobed = { network: { name }, duplicateAddressDetection: false };
    const attachment = { network: { name: null, networkAttachmentDefinition: "lan" } };
    const requests: [kind: "vnic" | "vnicset", wish: object, change: object, property: string][] = [
      ["vnic", given, { spec: attachment }, "mac"],
      ["vnic", unprobed, { spec: attachment }, "duplicateAddressDetection"],
      ["vnicset", unprobed, { spec: { template: attachment } }, "duplicateAddressDetection"],
    ];
    for (const [kind, wish, change, property] of requests) {
      await applyObjects(api.kubectl, [(kind === "vnic" ? vnic : set)("carried", wish)]);
      expect((await as("ann", patch("merge", kind, "carried", change, "--dry-run=server"))).stderr, kind).to.match(
        new RegExp(`${property}: .* on a NetworkAttachmentDefinition needs the right "use-inline"`),
      );
      await api.kubectl(["delete", kind, "carried", "-n", namespace]);
    }
    await api.kubectl(["delete", "vnicnetwork", name]);
  });

  const macs = [
    ...["00:11:22:33:44:55", "00-11-22-33-44-55", "00:11-22:33-44:55", "AC:DE:48:00:11:22", "00-00-5E-00-01-01"],
    ...["01:00:5e:00:00:01", "33-33-00-00-00-01", "03:00:00:00:00:01", "0F:00:00:00:00:01"],
    ...["00:00:00:00:00:00", "00-00-00-00-00-00", "ff:ff:ff:ff:ff:ff", "FF-FF-FF-FF-FF-FF", "fF:Ff:ff-ff:FF:ff"],
    ...[
      "02:00:5e:00:00:01:02",
      "02:00:5e:00:00",
      "0200.5e00.0001",
      "02005e000001",
      "2:0:5e:0:0:1",
      "02:00:5e:00:00:0g",
    ],
    ...[
      " 02:00:5e:00:00:01",
      "02:00:5e:00:00:01\n",
      "０2:00:5e:00:00:01",
      "02:00:5е:00:00:01",
      "02:00:5e:00:00:01\u0000",
      "",
    ],
  ];
  for (const mac of macs)
    it(`is refused the MAC ${JSON.stringify(mac)}`, async () => {
      for (const record of [vnic("fresh", { ...onNetwork, mac }), set("fresh", { ...onNetwork, mac })])
        expect((await as("ann", ["create", "--dry-run=server", "-f", "-"], record)).stderr).to.match(/mac/);
    });

  const lookAlikes: [field: string, spec: object][] = [
    ["the pod's name", { ...onNetwork, pod: { name: "dЬ" } }],
    ["the pod's name, with its namespace", { ...onNetwork, pod: { name: `${neighbor}/db` } }],
    ["the Network's name", { network: { name: "tenant-ⅼan" } }],
    ["the interface's name", { ...onNetwork, interfaceName: "nеt1" }],
    ["the interface's name, reserved", { ...onNetwork, interfaceName: "eth0" }],
    ["the interface's name, with a right-to-left mark", { ...onNetwork, interfaceName: "net\u200f1" }],
    ["an address", { ...onNetwork, addresses: ["192․168․50․7/24"] }],
  ];
  for (const [field, spec] of lookAlikes)
    it(`is refused a look-alike or foreign form of ${field}`, async () => {
      expect((await as("ann", ["create", "--dry-run=server", "-f", "-"], vnic("fresh", spec))).stderr).to.match(
        /spec\./,
      );
    });

  it("may have a record named by the API server, whose name is never too long", async () => {
    for (const length of [1, 57, 63, 200]) {
      const metadata = { name: undefined, generateName: `${"a".repeat(length - 1)}-` };
      const { stdout, stderr } = await as(
        "ann",
        ["create", "--dry-run=server", "-o", "json", "-f", "-"],
        vnic("", onNetwork, metadata),
      );
      const { name = "" } = stderr === "" ? (JSON.parse(stdout) as { metadata: { name: string } }).metadata : {};
      expect(stderr === "" ? name.length <= 63 : /name/.test(stderr), `${length}: ${stderr}`).to.equal(true);
    }
  });

  it("changes no metadata of other namespaces' Vnics, of VnicAddresses and of VnicNetworks", async () => {
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "kube-root-ca.crt", uid: held.spec.holder.uid };
    const changes = [
      { labels: { [labels.set]: "named" } },
      { annotations: { [annotations.held]: null, [annotations.owner]: "urn:pulumi:prod::net::x::y" } },
      { finalizers: null },
      { finalizers: ["example.com/keep"] },
      { ownerReferences: [owner] },
    ];
    const objects = [
      ["vnic", "theirs", "-n", neighbor],
      ["vnicaddress", held.metadata.name],
      ["vnicnetwork", network],
    ];
    for (const person of ["ann", "owen"])
      for (const object of objects) {
        for (const metadata of changes) {
          const body = ["--type=merge", "-p", JSON.stringify({ metadata })];
          expect((await as(person, ["patch", ...object, ...body])).stderr, object.join(" ")).to.match(
            /Forbidden|forbid/,
          );
        }
        expect((await as(person, ["delete", ...object])).stderr, object.join(" ")).to.match(/forbid/);
      }
    for (const kind of ["vnicaddresses", "vnicnetworks"])
      expect((await as("owen", ["delete", "--raw", `/apis/${apiVersion}/${kind}`])).stderr).to.match(/forbid/);
  });

  it("may change other metadata of its own Vnics, and of their status and spec nothing with it", async () => {
    const metadata = {
      labels: { team: "shop", [labels.managedBy]: "Helm", "example.com/pulumi-vnic.dev": "x" },
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", "pulumi-vnic.dev.example/node": "x" },
      finalizers: ["example.com/keep"],
      ownerReferences: [{ apiVersion, kind: "VnicAddress", name: held.metadata.name, uid: held.spec.holder.uid }],
    };
    const body = { metadata, status: { interface: { name: "net1" } }, spec: { network: { parent: null } } };
    const { stdout, stderr } = await as("ann", [...patch("merge", "vnic", "named", body), "-o", "json"]);
    expect(stderr).to.equal("");
    const changed = JSON.parse(stdout) as { spec: object; status?: { interface?: object } };
    expect(changed.spec).to.deep.include(onNetwork);
    expect(changed.status?.interface).to.equal(undefined);
    expect((await as("ann", patch("merge", "vnic", "named", { metadata: { finalizers: null } }))).stderr).to.equal("");
    const address = await kubectl(api.kubectl, ["get", "vnicaddress", addressName(held.spec), "-o", "json"]);
    expect((JSON.parse(address) as typeof held).spec.holder).to.deep.equal(held.spec.holder);
  });

  describe("the metadata by which drivers decide", () => {
    /** A record as a driver has written it. */
    const written = {
      labels: { [labels.network]: networkLabel(network), [labels.managedBy]: "pulumi-vnic", team: "shop" },
      annotations: { [annotations.node]: "node1", [annotations.podUid]: "1", [annotations.held]: "[]" },
      finalizers: [finalizer, "example.com/keep"],
    };
    before(() => applyObjects(api.kubectl, [vnic("written", onNetwork, written), set("written", onNetwork, written)]));

    const numbered = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`example.com/${at}`, ""]));
    const change = (metadata: object) => ["merge", { metadata }] as const;
    const forgeries: [what: string, type: string, body: unknown, part: string, key: string][] = [
      ["removes a label", ...change({ labels: { [labels.network]: null } }), "labels", labels.network],
      ["changes a label", ...change({ labels: { [labels.network]: "0" } }), "labels", labels.network],
      ["empties a label", ...change({ labels: { [labels.network]: "" } }), "labels", labels.network],
      ["adds a label", ...change({ labels: { [labels.set]: "named" } }), "labels", labels.set],
      ["adds an older label", ...change({ labels: { [labels.mac]: "x" } }), "labels", labels.mac],
      [
        "adds a label of a part of our group",
        ...change({ labels: { [`${labels.address}7`]: "" } }),
        "labels",
        `${labels.address}7`,
      ],
      ["removes all labels", ...change({ labels: null }), "labels", labels.network],
      [
        "sends a Vnic's clean-up elsewhere",
        ...change({ annotations: { [annotations.node]: "node2" } }),
        "annotations",
        annotations.node,
      ],
      ["removes all annotations", ...change({ annotations: null }), "annotations", "pulumi-vnic.dev/"],
      ["adds an owner", ...change({ annotations: { [annotations.owner]: "urn:x" } }), "annotations", annotations.owner],
      ["adds a claim", ...change({ annotations: { [annotations.claim]: "{}" } }), "annotations", annotations.claim],
      ["removes the finalizer", ...change({ finalizers: ["example.com/keep"] }), "finalizers", finalizer],
      ["removes all finalizers", ...change({ finalizers: null }), "finalizers", finalizer],
      ["adds a finalizer", ...change({ finalizers: [finalizer, setFinalizer] }), "finalizers", setFinalizer],
      [
        "moves an annotation's value",
        "json",
        [{ op: "move", from: `/metadata/annotations/${pointer(annotations.held)}`, path: "/metadata/annotations/x" }],
        "annotations",
        annotations.held,
      ],
      [
        "replaces all metadata with a copy of the labels",
        "json",
        [{ op: "copy", from: "/metadata/labels", path: "/metadata/annotations" }],
        "annotations",
        "pulumi-vnic.dev/",
      ],
    ];
    for (const kind of ["vnic", "vnicset"])
      for (const [what, type, body, part, key] of forgeries)
        it(`isn't a tenant's who ${what} of a ${kind}`, async () => {
          for (const person of ["ann", "owen"]) {
            const { stderr } = await as(person, patch(type, kind, "written", body));
            expect(stderr, person).to.include(`metadata.${part}: ${key}`).and.to.include("is reserved for drivers");
            expect(stderr).to.match(/(ann|owen) is none: it may not create vnicaddresses/);
          }
        });

    it("isn't a tenant's who creates, applies or replaces a record with it", async () => {
      for (const make of [vnic, set])
        for (const [part, value] of Object.entries(written)) {
          const fresh = make("fresh", onNetwork, { [part]: value });
          expect((await as("ann", ["create", "-f", "-"], fresh)).stderr).to.include(`metadata.${part}: `);
          expect((await as("owen", ["apply", "--server-side", "-f", "-"], fresh)).stderr).to.include("reserved for");
          const { [part as keyof typeof written]: _, ...others } = written;
          const replaced = make("written", onNetwork, others);
          expect((await as("ann", ["replace", "-f", "-"], replaced)).stderr).to.include(`metadata.${part}: `);
        }
    });

    it("may be left as it is by a tenant who changes or deletes the record", async () => {
      for (const kind of ["vnic", "vnicset"]) {
        const body = { metadata: { labels: { team: "web" }, finalizers: [finalizer] }, spec: {} };
        expect((await as("ann", patch("merge", kind, "written", body))).stderr).to.equal("");
        expect((await as("ann", ["delete", kind, "written", "-n", namespace, "--wait=false"])).stderr).to.equal("");
        const left = await kubectl(api.kubectl, ["get", kind, "written", "-n", namespace, "-o", "json"]);
        expect((JSON.parse(left) as { metadata: { finalizers: string[] } }).metadata.finalizers).to.deep.equal([
          finalizer,
        ]);
      }
    });

    const crowds: [part: keyof typeof maxItems, of: (count: number) => object][] = [
      ["labels", (count) => ({ labels: numbered(count) })],
      ["annotations", (count) => ({ annotations: numbered(count) })],
      ["finalizers", (count) => ({ finalizers: Object.keys(numbered(count)) })],
      [
        "ownerReferences",
        (count) => ({
          ownerReferences: Object.keys(numbered(count)).map((uid) => ({
            apiVersion: "v1",
            kind: "Pod",
            name: "x",
            uid,
          })),
        }),
      ],
      [
        "managedFields",
        (count) => ({
          managedFields: Object.keys(numbered(count)).map((manager) => ({
            ...{ manager: manager.replace("/", "-"), operation: "Apply", apiVersion, fieldsType: "FieldsV1" },
            fieldsV1: { "f:metadata": { "f:labels": { [`f:${manager}`]: {} } } },
          })),
        }),
      ],
    ];
    for (const [part, of] of crowds)
      it(`has no more than ${maxItems[part]} ${part} of a tenant`, async () => {
        const most = maxItems[part];
        for (const make of [vnic, set]) {
          const create = (count: number) =>
            as("ann", ["create", "--dry-run=server", "-f", "-"], make("fresh", onNetwork, of(count)));
          // The API server adds a manager of its own.
          expect((await create(most - 1)).stderr).to.equal("");
          expect((await create(most + 1)).stderr).to.match(
            new RegExp(`metadata[.]${part}: has [0-9]+ entries; give at most ${most}`),
          );
        }
      });

    it("is a driver's, however much metadata a record has", async () => {
      await applyObjects(api.kubectl, [vnic("crowded", onNetwork, { labels: numbered(5000) })]);
      const driver = `system:serviceaccount:${systemNamespace}:${providerServiceAccount}`;
      const one = { metadata: { labels: { "example.com/1": null } } };
      expect((await as("ann", patch("merge", "vnic", "crowded", one))).stderr, "what is there may stay").to.equal("");
      for (const body of [{ metadata: written }, { metadata: { finalizers: null, annotations: null } }])
        expect((await as(driver, patch("merge", "vnic", "crowded", body))).stderr).to.equal("");
    });

    after(async () => {
      for (const kind of ["vnic", "vnicset"])
        await api.kubectl(patch("merge", kind, "written", { metadata: { finalizers: null } }));
    });
  });

  it("gives a new record no status, and changes none", async () => {
    const status = { interface: { name: "net1", mac: "02:00:00:00:00:01", addresses: ["192.168.50.77/24"] } };
    const { stdout } = await as("owen", ["create", "-o", "json", "-f", "-"], { ...vnic("fresh", onNetwork), status });
    expect((JSON.parse(stdout) as { status?: { interface?: object } }).status?.interface).to.equal(undefined);
    await api.kubectl(["delete", "vnic", "fresh", "-n", namespace]);
    for (const kind of ["vnic", "vnicset"]) {
      const request = patch("merge", kind, "named", { status: { observedGeneration: 7 } }, "--subresource=status");
      expect((await as("ann", request)).stderr).to.match(/[Ff]orbidden/);
    }
  });

  describe("the status by which drivers decide", () => {
    const now = "2026-11-29T00:00:00Z";
    const ready = { type: "Ready", status: "True", reason: "Attached", message: "it is", lastTransitionTime: now };
    const nic = { name: "net1", mac: "02:00:00:00:00:01", mtu: 1500, up: true, addresses: [] };
    const realised = { observedGeneration: 1, conditions: [{ ...ready, observedGeneration: 1 }] };
    const claims = [{ name: addressName(held.spec), uid: "1", resourceVersion: "1" }];
    const forgeries: [kind: "vnic" | "vnicset", what: string, status: object][] = [
      ["vnic", "names another Vnic's claim as its own", { conditions: [], addressClaims: claims }],
      ["vnic", "says that its NIC has other addresses", { conditions: [], interface: nic }],
      ["vnic", "says that it is on its network", realised],
      ["vnicset", "says that its pods are served", { ...realised, desired: 1, ready: 1 }],
    ];
    before(() => applyObjects(api.kubectl, [vnic("stated", onNetwork), set("stated", onNetwork)]));

    for (const [kind, what, status] of forgeries)
      it(`isn't that of a tenant with all rights whose ${kind} ${what}`, async () => {
        const whole = { ...(kind === "vnic" ? vnic : set)("stated", onNetwork), status };
        const requests: [argv: string[], input?: object][] = [
          [patch("merge", kind, "stated", { status })],
          [patch("json", kind, "stated", [{ op: "add", path: "/status", value: status }])],
          [["apply", "--server-side", "--force-conflicts", "--field-manager=pulumi-vnic", "-f", "-"], whole],
          [["replace", "-f", "-"], whole],
        ];
        for (const [argv, input] of requests)
          expect((await as("owen", [...argv, "--subresource=status"], input)).stderr, argv.join(" ")).to.include(
            "status: it is reserved for drivers, and owen is none: it may not create vnicaddresses",
          );
      });

    it("isn't that of a tenant who changes whose its fields are, so that drivers can't remove them", async () => {
      const apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=pulumi-vnic", "-f", "-"];
      const shown = ["--subresource=status", "--show-managed-fields", "-o", "json"];
      const write = async (kind: "vnic" | "vnicset", status: object) => {
        const whole = { ...(kind === "vnic" ? vnic : set)("stated", onNetwork), status };
        const { stdout, stderr } = await api.kubectl([...apply, ...shown], JSON.stringify(whole));
        expect(stderr).to.equal("");
        return JSON.parse(stdout) as { status: object; metadata: { managedFields: { subresource?: string }[] } };
      };
      for (const kind of ["vnic", "vnicset"] as const) {
        const { metadata } = await write(kind, {
          ...realised,
          ...(kind === "vnic" ? { node: "node1" } : { desired: 1, ready: 0 }),
        });
        const [first] = metadata.managedFields.filter(({ subresource }) => subresource === "status");
        const another = { ...first, manager: "ann" };
        for (const managedFields of [[{}], [another], [...metadata.managedFields, another]])
          expect((await as("ann", patch("merge", kind, "stated", { metadata: { managedFields } }))).stderr).to.match(
            /metadata[.]managedFields: what it says of the status is reserved for drivers, and ann is none/,
          );
        const fresh = (kind === "vnic" ? vnic : set)("fresh", onNetwork, { managedFields: [another] });
        expect((await as("ann", ["create", "--dry-run=server", "-f", "-"], fresh)).stderr).to.match(/of the status/);
        const more = { metadata: { labels: { team: "web" } } };
        expect((await as("ann", patch("merge", kind, "stated", more))).stderr).to.equal("");
      }
      expect((await write("vnic", realised)).status).to.not.have.property("node");
    });

    it("is a driver's and the node agent's", async () => {
      const agent = userOfAccount(agentName);
      const bound = ["--role=everything", `--user=${agent}`, "-n", namespace];
      await kubectl(api.kubectl, ["create", "rolebinding", "agent", ...bound]);
      const stated = { ...vnic("stated", onNetwork), status: realised };
      const request = ["apply", "--server-side", "--subresource=status", "--field-manager=pulumi-vnic", "-f", "-"];
      // With the agent's own policy, its token must name the Vnic's node.
      await kubectl(api.kubectl, ["annotate", "vnic", "stated", `${annotations.node}=worker-1`, "-n", namespace]);
      const onNode = "--as-user-extra=authentication.kubernetes.io/node-name=worker-1";
      expect(await as(userOfAccount(providerServiceAccount), request, stated)).to.deep.include({ code: 0, stderr: "" });
      expect(await as(agent, [...request, onNode], stated)).to.deep.include({ code: 0, stderr: "" });
    });
  });

  it("keeps nothing in an administrator's spec by owning it as well", async () => {
    const apply = ["apply", "--server-side", "-f", "-", "-n", namespace];
    const before = vnic("shared", { ...inline, mtu: 1400 });
    const names = ["--field-manager=pulumi-vnic"];
    await kubectl(api.kubectl, [...apply, ...names], JSON.stringify(before));
    const also = await as("ann", [...apply, "--field-manager=ann"], before);
    expect(also, "the same spec").to.deep.include({ code: 0, stderr: "" });
    const forced = [...apply, ...names, "--force-conflicts", "-o", "json"];
    const stored = await kubectl(api.kubectl, forced, JSON.stringify(vnic("shared", inline)));
    expect((JSON.parse(stored) as typeof before).spec).to.not.have.property("mtu");
  });

  it("has no right in our namespace, on nodes or on anybody's accounts there, even with all rights in its own", async () => {
    const there = ["-n", systemNamespace];
    const questions = [
      ...["leases.coordination.k8s.io", "jobs.batch", "pods", "secrets", "configmaps", "serviceaccounts"].flatMap(
        (resource) =>
          ["get", "create", "patch", "delete", "deletecollection"].map((verb) => [verb, resource, ...there]),
      ),
      ...["exec", "attach", "ephemeralcontainers", "portforward", "log"].map((sub) => [
        ...["create", "pods", `--subresource=${sub}`, ...there],
      ]),
      ["create", "serviceaccounts", "--subresource=token", ...there],
      ["patch", "pods", "--subresource=status", ...there],
      ["use-inline", `vnicnetworks.${group}`],
      ["impersonate", "serviceaccounts", ...there],
      ["patch", "nodes"],
      ["patch", "nodes", "--subresource=status"],
      ["patch", "namespaces"],
    ];
    for (const question of questions)
      expect((await as("owen", ["auth", "can-i", ...question])).stdout, question.join(" ")).to.match(/^no\b/);
    expect((await as("owen", ["create", "token", "vnic-provider", ...there])).stderr).to.match(/forbid/);
  });

  const refused = [
    ...["::ffff:192.168.50.1/120", "::ffff:c0a8:3201/120", "::192.168.50.1/120", "64:ff9b::192.168.50.1/96"],
    ...["192.168.050.001/24", "0300.0250.062.01/24", "3232248321/24", "0xc0.168.50.1/24", "192.168.50.1./24"],
    ...["192.168.50.7/024", "192.168.50.7/33", "192.168.50.7/0", "192.168.50.7/+24", "192.168.50.7/24/24"],
    ...[" 192.168.50.7/24", "192.168.50.7/24\n", "192.168.50.7\u0000/24", "192.168.50.7,8/24", "１92.168.50.7/24"],
    ...["fd50::7%eth0/64", "[fd50::7]/64", "fd50::7/129", "fd50:::7/64", "fd50::1/64", "FD50:0::0:1/64"],
    ...["192.168.50.0/24", "192.168.50.255/24", "fd50::/64", "169.254.1.1/16", "240.0.0.1/24", "0.1.2.3/24"],
  ];
  for (const address of refused)
    it(`is refused the address ${JSON.stringify(address)}`, async () => {
      const record = vnic("fresh", { ...onNetwork, addresses: [address] });
      expect((await as("ann", ["create", "--dry-run=server", "-f", "-"], record)).stderr).to.match(/addresses/);
    });

  const names = ["../tenant-lan", "tenant-lan/", "TENANT-LAN", "tenant-lan\n", "", "a".repeat(300), "tenant-lan,eth0"];
  for (const name of names)
    it(`is refused the Network's name ${JSON.stringify(name.slice(0, 20))}`, async () => {
      for (const record of [vnic("fresh", { network: { name } }), set("fresh", { network: { name } })])
        expect((await as("ann", ["create", "--dry-run=server", "-f", "-"], record)).stderr).to.match(/network/);
    });

  for (const attachment of ["neighbor/lan", "../neighbor/lan", "tenant/../neighbor/lan", "tenant//lan", "Neighbor/lan"])
    it(`is refused the NetworkAttachmentDefinition ${attachment}`, async () => {
      const networks = { network: { networkAttachmentDefinition: attachment } };
      for (const record of [vnic("fresh", networks), set("fresh", networks)])
        expect((await as("ann", ["create", "--dry-run=server", "-f", "-"], record)).stderr).to.match(
          /networkAttachment/,
        );
    });
});
