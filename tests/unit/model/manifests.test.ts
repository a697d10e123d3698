import { expect } from "chai";
import { type Manifest, platformManifests } from "../../../provider/model/manifests.ts";
import { injectorServiceAccount, providerServiceAccount, systemNamespace } from "../../../provider/model/names.ts";

interface Rule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
}

const all = platformManifests();
const ofKind = <T>(...kinds: string[]) => all.filter(({ kind }) => kinds.includes(kind)) as (Manifest & T)[];
const roles = ofKind<{ rules: Rule[] }>("Role", "ClusterRole");
const rules = roles.flatMap((role) => role.rules);

describe("the platform's manifests", () => {
  it("are the same on every call, and plain data", () => {
    expect(platformManifests()).to.deep.equal(all);
    expect(JSON.parse(JSON.stringify(all))).to.deep.equal(all);
  });

  it("come in an order in which each can be applied after the ones before", () =>
    expect(all.map(({ kind }) => kind)).to.deep.equal([
      "Namespace",
      "CustomResourceDefinition",
      "ServiceAccount",
      "ServiceAccount",
      "ClusterRole",
      "ClusterRoleBinding",
      "Role",
      "RoleBinding",
    ]));

  it("have no two objects of one kind and name", () => {
    const keys = all.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`);
    expect(new Set(keys).size).to.equal(keys.length);
  });

  it("allow privileged pods in the Jobs' own namespace", () =>
    expect(all[0]).to.deep.nested.include({
      "metadata.name": systemNamespace,
      "metadata.labels": {
        "pod-security.kubernetes.io/enforce": "privileged",
        "pod-security.kubernetes.io/warn": "privileged",
      },
    }));

  it("mount no token by themselves", () => {
    for (const account of ofKind<{ automountServiceAccountToken: boolean }>("ServiceAccount"))
      expect(account.automountServiceAccountToken, account.metadata.name).to.equal(false);
  });
});

describe("the provider's rights", () => {
  it("have no wildcard", () => {
    for (const { apiGroups, resources, verbs } of rules)
      expect([...apiGroups, ...resources, ...verbs].join(" ")).to.not.include("*");
  });

  it("leave out everything by which one could take over a node or read a secret", () => {
    const granted = rules.flatMap(({ resources }) => resources);
    for (const resource of [
      "secrets",
      "configmaps",
      "pods/exec",
      "pods/ephemeralcontainers",
      "pods/proxy",
      "nodes/proxy",
      "serviceaccounts",
      "serviceaccounts/token",
      "roles",
      "rolebindings",
      "clusterroles",
      "clusterrolebindings",
    ])
      expect(granted, resource).to.not.include(resource);
    const verbs = rules.flatMap((rule) => rule.verbs);
    for (const verb of ["escalate", "bind", "impersonate", "deletecollection"])
      expect(verbs, verb).to.not.include(verb);
  });

  it("only read pods, nodes and namespaces outside of the Jobs' namespace", () => {
    const [clusterRole] = ofKind<{ rules: Rule[] }>("ClusterRole");
    const core = clusterRole?.rules.filter(({ apiGroups }) => apiGroups.includes("")) ?? [];
    expect(core).to.deep.equal([{ apiGroups: [""], resources: ["pods", "nodes", "namespaces"], verbs: ["get"] }]);
  });

  it("create Jobs and attach to pods in the Jobs' namespace alone", () => {
    const holders = roles.filter((role) =>
      role.rules.some(({ resources }) => resources.includes("jobs") || resources.includes("pods/attach")),
    );
    expect(holders.map(({ kind, metadata }) => [kind, metadata.namespace])).to.deep.equal([["Role", systemNamespace]]);
  });

  it("are bound to the provider's account alone; the injector's is bound to nothing", () => {
    interface Binding {
      readonly subjects: { kind: string; name: string; namespace: string }[];
      readonly roleRef: { kind: string; name: string };
    }
    const bindings = ofKind<Binding>("RoleBinding", "ClusterRoleBinding");
    expect(bindings).to.have.length(2);
    for (const { subjects, roleRef } of bindings) {
      expect(subjects).to.deep.equal([
        { kind: "ServiceAccount", name: providerServiceAccount, namespace: systemNamespace },
      ]);
      expect(roles.some(({ kind, metadata }) => kind === roleRef.kind && metadata.name === roleRef.name)).to.equal(
        true,
      );
    }
    expect(injectorServiceAccount).to.not.equal(providerServiceAccount);
  });
});
