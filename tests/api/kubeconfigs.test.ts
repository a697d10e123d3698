import * as client from "@kubernetes/client-node";
import { expect } from "chai";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadKubeConfig } from "../../provider/cluster/kubeconfig.ts";
import { ensureKubernetes } from "../lab/programs.ts";
import { must } from "../lab/run.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";

/* Programs that use the same environment must reach the same cluster as the same user: ours, kubectl, and Pulumi's Kubernetes provider. */

const accounts = ["kubeconfig-ann", "kubeconfig-bob"] as const;

describe("kubeconfigs in the environment lead to the user that kubectl reaches, with", () => {
  let api: ApiServer;
  let kubectl: string;
  let folder: string;
  const tokens: Record<string, string> = {};
  let cluster: Readonly<Record<string, string>>;
  const former = process.env.KUBECONFIG;

  before(async () => {
    api = await apiServer();
    kubectl = join(await ensureKubernetes(), "kubectl");
    folder = mkdtempSync(join(tmpdir(), "vnic-kubeconfigs-"));
    mkdirSync(join(folder, "below"));
    for (const namespace of accounts) {
      await api.makeNamespace(namespace);
      const { stdout } = await api.kubectl(["create", "token", "default", `--namespace=${namespace}`]);
      tokens[namespace] = stdout.trim();
    }
    const given = JSON.parse(readFileSync(api.kubeconfig, "utf8")) as { clusters: [{ cluster: typeof cluster }] };
    cluster = given.clusters[0].cluster;
  });
  afterEach(() => {
    if (former === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = former;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const ofUser = (name: string, user: object, more: object = {}) => ({
    ...{ apiVersion: "v1", kind: "Config", "current-context": name },
    clusters: [{ name, cluster: { ...cluster, ...more } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
  const [ann, bob] = accounts;
  const token = (account: string) => ({ token: tokens[account] });
  const nowhere = { server: "https://127.0.0.1:1" };

  const table: [what: string, files: () => Readonly<Record<string, object | string>>, account: string][] = [
    [
      "a current context in each of two files",
      () => ({ first: ofUser(ann, token(ann)), second: ofUser(bob, token(bob), nowhere) }),
      ann,
    ],
    [
      "the same names in two files",
      () => ({ first: ofUser("same", token(bob)), second: ofUser("same", token(ann), nowhere) }),
      bob,
    ],
    [
      "a current context whose parts are in other files, and a file that doesn't exist",
      () => {
        const { clusters, ...others } = ofUser(ann, token(ann));
        return {
          first: { apiVersion: "v1", kind: "Config", "current-context": ann, users: null },
          missing: "",
          second: { clusters, "current-context": bob },
          third: others,
        };
      },
      ann,
    ],
    [
      "a token's file beside a token, relative to the kubeconfig's folder",
      () => {
        writeFileSync(join(folder, "below", "token"), `${tokens[bob]}\n`);
        return { "below/config": ofUser(ann, { tokenFile: "token", token: tokens[ann] }) };
      },
      bob,
    ],
    [
      "an authority's file relative to the kubeconfig's folder",
      () => {
        writeFileSync(
          join(folder, "below", "ca.crt"),
          Buffer.from(cluster["certificate-authority-data"] ?? "", "base64"),
        );
        const more = { "certificate-authority-data": undefined, "certificate-authority": "ca.crt" };
        return { "below/config": ofUser(bob, token(bob), more) };
      },
      bob,
    ],
    [
      "a credential plugin relative to the kubeconfig's folder",
      () => {
        const credential = {
          apiVersion: "client.authentication.k8s.io/v1",
          kind: "ExecCredential",
          status: token(ann),
        };
        const script = `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`;
        writeFileSync(join(folder, "below", "plugin"), script, { mode: 0o755 });
        const exec = { apiVersion: credential.apiVersion, command: "./plugin", interactiveMode: "Never" };
        return { "below/config": ofUser(bob, { exec }) };
      },
      ann,
    ],
  ];
  for (const [what, files, account] of table)
    it(what, async () => {
      const paths = Object.entries(files()).map(([name, content]) => {
        const path = join(folder, name);
        if (content !== "") writeFileSync(path, JSON.stringify(content));
        return path;
      });
      process.env.KUBECONFIG = paths.join(":");
      const answer = await must([kubectl, "auth", "whoami", "-o", "json"]);
      const wanted = `system:serviceaccount:${account}:default`;
      expect((JSON.parse(answer) as client.V1SelfSubjectReview).status?.userInfo?.username, "kubectl").to.equal(wanted);
      const reviews = loadKubeConfig(client, {}).makeApiClient(client.AuthenticationV1Api);
      const { status } = await reviews.createSelfSubjectReview({ body: {} });
      expect(status?.userInfo?.username).to.equal(wanted);
    });
});
