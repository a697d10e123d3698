import { expect } from "chai";
import { ensureNetwork, removeNetwork } from "../../provider/lifecycle/network/network-record.ts";
import { messageOf } from "../../provider/base/errors.ts";
import { apiVersion, inlineRole } from "../../provider/model/names.ts";
import { type NetworkDefinition, parseNetwork } from "../../provider/model/network/definition.ts";
import { cluster } from "../lab/layout.ts";
import { until } from "../lab/run.ts";
import { applyObjects, installPlatform, kubectl, removeParts } from "../support/cluster.ts";
import { define } from "../support/lifecycle.ts";
import { useBench } from "../support/use-bench.ts";
import { answersPing } from "../support/outside.ts";

const namespace = "tenants";
const rbac = { apiGroup: "rbac.authorization.k8s.io" };
const user = (name: string) => [{ kind: "User", name, ...rbac }];

/**
 * Three users: Ann with Kubernetes' own role `edit`, Owen with all rights in the namespace, and Nell with these and the
 * right to use inline networks.
 */
const people = [
  binding("RoleBinding", "ann", "edit"),
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: "everything", namespace },
    rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
  },
  { ...binding("RoleBinding", "owen", "everything"), roleRef: { ...rbac, kind: "Role", name: "everything" } },
  binding("RoleBinding", "nell", "edit"),
  binding("ClusterRoleBinding", "nell", inlineRole),
];

function binding(kind: string, name: string, role: string) {
  const metadata = kind === "RoleBinding" ? { name, namespace } : { name: `${namespace}-${name}` };
  const roleRef = { ...rbac, kind: "ClusterRole", name: role };
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind, metadata, roleRef, subjects: user(name) };
}

describe("a tenant", () => {
  const bench = useBench({ namespace });

  before(async () => {
    const admin = (...argv: string[]) => kubectl(bench.lab.kubectl, argv);
    bench.afterClose(() => admin("delete", "vnicnetworks", "--all", "--timeout=300s"));
    bench.afterClose(() => admin("delete", "clusterrolebinding", `${namespace}-nell`, "--ignore-not-found"));
    bench.afterClose(() => removeParts(bench.lab.kubectl, "policies"));
    await installPlatform(bench.lab.kubectl, ["policies"]);
    await applyObjects(bench.lab.kubectl, people);
    await ensureNetwork(bench.driver.cluster, network);
    await bench.runPod("db", "node1");
    await until("roles and policies to take effect", 180, async () => {
      const words = await admit("ann", { network: { parent: "eth1" } });
      return words.includes("use-inline") ? true : undefined;
    });
  });

  const network = networkOf({
    gateways: [cluster.host],
    ranges: [{ cidr: "192.168.50.0/24", from: "192.168.50.90", to: "192.168.50.99", exclude: ["192.168.50.95"] }],
    namespaces: [namespace],
    vnicsPerNamespace: 1,
  });

  function networkOf(given: object): NetworkDefinition {
    const parsed = parseNetwork({ name: "tenants-lan", parent: "eth1", declaredBy: "urn:test::lan", ...given });
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    return parsed.definition;
  }

  /** Runs kubectl in the namespace with the rights of the tenant `ann`. */
  const asAnn = (...argv: string[]) => bench.lab.kubectl([...argv, "-n", namespace, "--as", "ann"]);

  /** The API server's error message for that user; empty if it accepts the record. */
  async function admit(person: string, spec: object, kind = "Vnic"): Promise<string> {
    const whole = kind === "Vnic" ? { pod: { name: "db" }, ...spec } : { selector: { app: "db" }, template: spec };
    const record = { apiVersion, kind, metadata: { name: "wire", namespace }, spec: whole };
    const as = person === "" ? [] : ["--as", person, "--as-group", "system:authenticated"];
    const { stderr } = await bench.lab.kubectl(
      ["create", "--dry-run=server", ...as, "-f", "-"],
      JSON.stringify(record),
    );
    return stderr;
  }

  const named = { network: { name: "tenants-lan" } };
  const refused: [what: string, spec: object, words: RegExp][] = [
    [
      "the node's own NIC",
      { network: { parent: "eth0" } },
      /network\.parent: a network that is given by its parent needs the right "use-inline" on vnicnetworks\.pulumi-vnic\.dev, which (ann|owen) does not have; name a VnicNetwork/,
    ],
    ["the bridge of the cluster's own network", { network: { mode: "bridge", parent: "cni0" } }, /use-inline/],
    ["a device of the node", { network: { mode: "host-device", parent: "0000:03:00.0" } }, /use-inline/],
    ["a Network's parent as an inline network", { network: { parent: "eth1", vlan: 5 } }, /use-inline/],
    [
      "another namespace's NetworkAttachmentDefinition",
      { network: { networkAttachmentDefinition: "kube-system/lan" } },
      /network\.networkAttachmentDefinition: kube-system\/lan is of another namespace, and needs the right "use-inline"/,
    ],
    [
      "a NetworkAttachmentDefinition of a namespace that begins like its own",
      { network: { networkAttachmentDefinition: `${namespace}-2/lan` } },
      /is of another namespace/,
    ],
    [
      "duplicate address detection switched off",
      { ...named, duplicateAddressDetection: false },
      /VnicNetwork tenants-lan does not let it be switched/,
    ],
  ];
  for (const person of ["ann", "owen"])
    for (const kind of ["Vnic", "VnicSet"])
      for (const [what, spec, words] of refused)
        it(`with the name ${person} is refused ${what} in a ${kind}`, async () =>
          expect(await admit(person, spec, kind)).to.match(words));

  const addresses: [what: string, address: string, words: RegExp][] = [
    ["the gateway's address", `${cluster.host}/24`, /is a gateway of VnicNetwork tenants-lan/],
    ["a reserved address", "192.168.50.95/24", /192\.168\.50\.95 is reserved on VnicNetwork tenants-lan/],
    [
      "an address after the range",
      "192.168.50.100/24",
      /192\.168\.50\.100 is not in the ranges of VnicNetwork tenants-lan/,
    ],
    ["an address of the subnet before the range", "192.168.50.9/24", /is not in the ranges/],
    ["the API server's address", `${cluster.control}/24`, /is not in the ranges/],
    ["an IPv6 address", "fd50::90/64", /is not in the ranges/],
  ];
  for (const [what, address, words] of addresses)
    it(`is refused an address outside of the Network's terms: ${what}`, async () => {
      expect(await admit("ann", { ...named, addresses: [address] })).to.match(words);
      expect(await admit("", { ...named, addresses: [address] }), "an administrator's record").to.match(words);
    });
  it("is refused a MAC of a vendor", async () =>
    expect(await admit("ann", { ...named, mac: "00:11:22:33:44:55" })).to.match(/mac: 00:11:22:33:44:55 may not be/));

  it("may use a Network for its namespace, and a NetworkAttachmentDefinition of its namespace", async () => {
    for (const person of ["ann", "owen"]) {
      expect(await admit(person, { ...named, addresses: ["192.168.50.90/24"] })).to.equal("");
      expect(await admit(person, named, "VnicSet")).to.equal("");
      expect(await admit(person, { network: { networkAttachmentDefinition: `${namespace}/lan` } })).to.equal("");
    }
  });

  it("may use everything as administrator, and inline networks with the right use-inline", async () => {
    for (const person of ["", "nell"])
      for (const kind of ["Vnic", "VnicSet"])
        expect(await admit(person, { network: { parent: "eth0" } }, kind)).to.equal("");
  });

  it("who may write Vnics can't write a status or a Network", async () => {
    for (const words of [
      ["patch", "vnics", "--subresource=status"],
      ["create", "vnicnetworks"],
      ["patch", "vnicnetworks"],
      ["use-inline", "vnicnetworks"],
    ]) {
      const { stdout } = await asAnn("auth", "can-i", ...words);
      expect(stdout.trim(), words.join(" ")).to.equal("no");
    }
  });

  it("may label and delete an inline Vnic of somebody else, and change nothing else of it", async () => {
    const state = await bench.inject(
      define({ name: "wire", pod: { namespace, name: "db" }, addresses: ["192.168.50.80/24"] }),
    );
    expect(await answersPing(bench.lab, "lan1", "192.168.50.80"), "made with the provider's rights").to.equal(true);
    const patch = (body: object) => asAnn("patch", "vnic", "wire", "--type=merge", "-p", JSON.stringify(body));
    expect((await patch({ metadata: { labels: { team: "shop" } } })).stderr).to.equal("");
    expect((await patch({ spec: { addresses: [`${cluster.control}/24`] } })).stderr).to.match(/use-inline/);
    expect((await patch({ spec: { network: { parent: "eth0" } } })).stderr).to.match(/use-inline/);
    const { code } = await asAnn("delete", "vnic", "wire", "--wait=false");
    expect(code).to.equal(0);
    await bench.eject(state);
  });

  describe("is also refused by the driver", () => {
    const refusalOf = (given: Record<string, unknown>) =>
      bench.inject(define({ name: "wire", pod: { namespace, name: "db" }, ...given })).then(() => "nothing", messageOf);

    it("addresses of nodes, the API server and services on an inline network", async () => {
      for (const [address, holder] of [
        [cluster.control, /belongs to the API server/],
        [cluster.node("node2"), /belongs to node node2/],
        [cluster.api, /belongs to the API server|belongs to the cluster's services/],
        ["10.96.200.7", /is in 10\.96\.0\.0\/16, which belongs to the cluster's services/],
      ] as const)
        expect(await refusalOf({ addresses: [`${address}/24`] })).to.match(holder);
    });

    it("what the Network's terms don't allow, even without policies, and what CEL can't check", async () => {
      await removeParts(bench.lab.kubectl, "policies");
      const on = (given: object) => refusalOf({ network: "tenants-lan", ...given });
      expect(await on({ addresses: ["192.168.50.9/24"] })).to.match(
        /^addresses\[0\]: 192\.168\.50\.9 is not in the ranges/,
      );
      expect(await on({ addresses: ["192.168.50.90/24"], mac: "02:00:00:00:00:90" })).to.match(
        /^mac: 02:00:00:00:00:90 may not be chosen on VnicNetwork tenants-lan/,
      );
      const first = await bench.inject(
        define({
          name: "first",
          pod: { namespace, name: "db" },
          network: "tenants-lan",
          addresses: ["192.168.50.90/24"],
        }),
      );
      expect(await on({ addresses: ["192.168.50.91/24"] })).to.match(/may have 1 Vnics on VnicNetwork tenants-lan/);
      await bench.inject(
        define({
          name: "first",
          pod: { namespace, name: "db" },
          network: "tenants-lan",
          addresses: ["192.168.50.91/24"],
        }),
        { known: first },
      );
      expect(await answersPing(bench.lab, "lan1", "192.168.50.91"), "the one that has its place").to.equal(true);
      await bench.eject(first);
      const { metadata } = await ensureNetwork(bench.driver.cluster, network);
      await removeNetwork(bench.driver.cluster, { name: "tenants-lan", uid: metadata.uid });
    });
  });
});
