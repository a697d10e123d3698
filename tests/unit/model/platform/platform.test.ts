import { expect } from "chai";
import {
  agentName,
  injectorServiceAccount,
  providerServiceAccount,
  systemNamespace,
} from "../../../../provider/model/names.ts";
import { type Manifest, type Rule } from "../../../../provider/model/platform/manifest.ts";
import { platformManifests, platformParts } from "../../../../provider/model/platform/platform.ts";
import { providerPart } from "../../../../provider/model/platform/provider.ts";

const options = { image: "registry.example/pulumi-vnic-node@sha256:0123" };
const all = platformManifests(options);
const ofKind = <T>(manifests: readonly Manifest[], ...kinds: string[]) =>
  manifests.filter(({ kind }) => kinds.includes(kind)) as (Manifest & T)[];
const rolesIn = (manifests: readonly Manifest[]) => ofKind<{ rules: Rule[] }>(manifests, "Role", "ClusterRole");
const rules = rolesIn(all).flatMap((role) => role.rules);

interface Binding {
  readonly subjects: { kind: string; name: string; namespace: string }[];
  readonly roleRef: { kind: string; name: string };
}

describe("the platform's manifests", () => {
  it("are the same on every call, and plain data", () => {
    expect(platformManifests(options)).to.deep.equal(all);
    expect(JSON.parse(JSON.stringify(all))).to.deep.equal(all);
  });

  it("are in an order in which each can be applied after the previous ones", () => {
    expect(all[0]?.kind).to.equal("Namespace");
    for (const binding of ofKind<Binding>(all, "RoleBinding", "ClusterRoleBinding")) {
      const before = all.slice(0, all.indexOf(binding)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect(before).to.include.members([
        `${binding.roleRef.kind} ${binding.roleRef.name}`,
        ...binding.subjects.map(({ kind, name }) => `${kind} ${name}`),
      ]);
    }
  });

  it("give no account a right before the policies that limit it, and so are deleted in an order that leaves none", () => {
    const whole = platformManifests({ ...options, networkStatus: true });
    const policies = ofKind(whole, "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding");
    const agents = policies.filter(({ metadata }) => metadata.name.startsWith("agent-"));
    for (const binding of ofKind<Binding>(whole, "RoleBinding", "ClusterRoleBinding")) {
      const limits = binding.metadata.name === agentName ? policies : policies.filter((one) => !agents.includes(one));
      expect(whole.slice(0, whole.indexOf(binding)), binding.metadata.name).to.include.members(limits);
    }
  });

  for (const part of platformParts)
    it(`are complete without the part ${part}, except for that part`, () => {
      const rest = platformManifests({ ...options, without: [part] });
      expect(rest.length).to.be.lessThan(all.length);
      expect(all).to.deep.include.members(rest);
    });

  it("have no two objects of one kind and name", () => {
    const keys = all.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`);
    expect(new Set(keys).size).to.equal(keys.length);
  });

  it("allow privileged pods in the namespace of the Jobs", () =>
    expect(all[0]).to.deep.nested.include({
      "metadata.name": systemNamespace,
      "metadata.labels": {
        "pod-security.kubernetes.io/enforce": "privileged",
        "pod-security.kubernetes.io/warn": "privileged",
      },
    }));

  it("don't mount tokens automatically", () => {
    for (const account of ofKind<{ automountServiceAccountToken: boolean }>(all, "ServiceAccount"))
      expect(account.automountServiceAccountToken, account.metadata.name).to.equal(false);
  });
});

describe("the roles in the manifests", () => {
  it("have no wildcard", () => {
    for (const { apiGroups, resources, verbs } of rules)
      expect([...apiGroups, ...resources, ...verbs].join(" ")).to.not.include("*");
  });

  it("don't allow taking over a node or reading a secret", () => {
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

  it("allow creating Jobs and attaching to pods only in our own namespace", () => {
    const holders = rolesIn(all).filter((role) =>
      role.rules.some(({ resources }) => resources.includes("jobs") || resources.includes("pods/attach")),
    );
    for (const { kind, metadata } of holders)
      expect([kind, metadata.namespace], metadata.name).to.deep.equal(["Role", systemNamespace]);
  });

  it("are each bound to the account of their name, and the injector's account to none", () => {
    for (const { metadata, subjects, roleRef } of ofKind<Binding>(all, "RoleBinding", "ClusterRoleBinding")) {
      expect(subjects).to.deep.equal([{ kind: "ServiceAccount", name: metadata.name, namespace: systemNamespace }]);
      expect(roleRef.name).to.equal(metadata.name);
      expect(metadata.name).not.to.equal(injectorServiceAccount);
    }
  });
});

describe("the provider's role", () => {
  it("allows only reading pods, nodes and namespaces, and writing events, outside of our own namespace", () => {
    const [clusterRole] = ofKind<{ rules: Rule[] }>(providerPart(), "ClusterRole");
    expect(clusterRole?.metadata.name).to.equal(providerServiceAccount);
    const core = clusterRole?.rules.filter(({ apiGroups }) => apiGroups.includes("")) ?? [];
    expect(core).to.deep.equal([
      { apiGroups: [""], resources: ["pods", "nodes", "namespaces", "services"], verbs: ["get"] },
      { apiGroups: [""], resources: ["nodes"], verbs: ["list"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create"] },
    ]);
  });
});
