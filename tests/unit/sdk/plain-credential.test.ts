import { runtime } from "@pulumi/pulumi";
import { expect } from "chai";
import { refusePlainCredential } from "../../../sdk/plain-credential.ts";

const kubeconfig = "apiVersion: v1\nusers: [{ user: { token: secret } }]\n";

describe("the stack's settings in plain text", () => {
  after(() => runtime.setAllConfig({}));

  const refused: [what: string, settings: Record<string, unknown>][] = [
    ["a kubeconfig's text", { "vnic:kubeconfig": kubeconfig }],
    ["a kubeconfig's text for a cluster", { "vnic:clusters": { edge: { kubeconfig } } }],
    ["a kubeconfig as an object", { "vnic:clusters": { edge: { kubeconfig: { users: [] } } } }],
    ["a kubeconfig in place of a cluster", { "vnic:clusters": { edge: kubeconfig } }],
    ["a kubeconfig in place of the clusters", { "vnic:clusters": { apiVersion: "v1", users: [] } }],
    ["a kubeconfig's text in place of the clusters", { "vnic:clusters": kubeconfig }],
  ];
  for (const [what, settings] of refused)
    it(`may not have ${what}`, () => {
      const texts: Record<string, string> = {};
      for (const [key, value] of Object.entries(settings))
        texts[key] = typeof value === "string" ? value : JSON.stringify(value);
      runtime.setAllConfig(texts);
      expect(refusePlainCredential).to.throw(/^vnic:\w+ holds the text of a kubeconfig in plain/);
      runtime.setAllConfig(texts, Object.keys(settings));
      expect(refusePlainCredential).to.not.throw();
    });

  const taken: [what: string, settings: Record<string, string>][] = [
    ["nothing", {}],
    ["a path", { "vnic:kubeconfig": "/home/me/.kube/config" }],
    ["paths and contexts for clusters", { "vnic:clusters": `{"a":{"kubeconfig":"~/a"},"b":{"context":"b"}}` }],
    ["an environment variable for a cluster", { "vnic:clusters": `{"a":{"kubeconfig":"env:A"}}` }],
    ["the path of a file of clusters", { "vnic:clusters": "/home/me/clusters.yaml" }],
  ];
  for (const [what, settings] of taken)
    it(`may have ${what}`, () => {
      runtime.setAllConfig(settings);
      expect(refusePlainCredential).to.not.throw();
    });
});
