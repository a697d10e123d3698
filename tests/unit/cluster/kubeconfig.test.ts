import * as client from "@kubernetes/client-node";
import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { loadKubeConfig } from "../../../provider/cluster/kubeconfig.ts";
import { kubeconfig } from "../../fakes/kubeconfig.ts";

const text = kubeconfig({ server: "https://10.0.0.1:6443", contexts: ["one", "two"] });

/** Does something while `KUBECONFIG` has this value. */
function inEnvironment<T>(value: string, work: () => T): T {
  const former = process.env.KUBECONFIG;
  process.env.KUBECONFIG = value;
  try {
    return work();
  } finally {
    if (former === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = former;
  }
}

describe("a kubeconfig", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "vnic-test-"))));
  after(() => rmSync(folder, { recursive: true }));

  it("is read when it is given as text", () =>
    expect(loadKubeConfig(client, { kubeconfig: text }).getCurrentContext()).to.equal("one"));

  it("is read when it is given as a path", () => {
    const path = join(folder, "kubeconfig");
    writeFileSync(path, text);
    expect(loadKubeConfig(client, { kubeconfig: path }).getCurrentCluster()?.server).to.equal("https://10.0.0.1:6443");
  });

  it("is used with the given context", () =>
    expect(loadKubeConfig(client, { kubeconfig: text, context: "two" }).getCurrentContext()).to.equal("two"));

  it("is refused when it lacks the given context, with the contexts that it has", () =>
    expect(() => loadKubeConfig(client, { kubeconfig: text, context: "three" })).to.throw(
      `context "three" is not in the kubeconfig; it has one, two`,
    ));

  for (const [what, access] of [
    ["context", { kubeconfig: text, context: Buffer.from(text).toString("base64") }],
    ["context", { kubeconfig: text, context: text }],
    ["context", { kubeconfig: text, context: "abcdef.0123456789abcdef" }],
    ["context", { kubeconfig: text, context: "sha256~Vx1PmZ0tQ2rT9kLw3cYb8uNf5hJd7sAgE4iOq6pXzRM" }],
    ["context", { kubeconfig: text, context: "token-x7k2q:9bq4mzn8xw5tr2vcl6kd3fjh7gs1pyq0ab4n8m2x" }],
    ["context", { kubeconfig: text, context: "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln" }],
    ["context", { kubeconfig: text, context: "https://admin:s3cret@10.0.0.1:6443" }],
    ["the environment variable", { kubeconfig: `env:${Buffer.from(text).toString("base64")}` }],
    ["the environment variable", { kubeconfig: "env:sha256~Vx1PmZ0tQ2rT9kLw3cYb8uNf5hJd7sAgE4iOq6pXzRM" }],
  ] as const)
    it(`is refused without quoting a text that is none of a name: ${what}`, () =>
      expect(() => loadKubeConfig(client, access)).to.throw(new RegExp(`^${what} \\(a text of \\d+ characters\\)`)));

  for (const context of [
    "arn:aws:eks:eu-central-1:123456789012:cluster/production",
    "gke_my-project-123456_europe-west1-b_production",
    "do-fra1-k8s-1-31-1-do-0-fra1-1712345678901",
    "default/api-ocp4-example-com:6443/kube:admin",
    "production/bqt3lfhd0kfqp9qtsp3g",
    "kubernetes-admin@kubernetes",
  ])
    it(`is refused with the name of a context that it lacks, as tools make it: ${context}`, () =>
      expect(() => loadKubeConfig(client, { kubeconfig: text, context })).to.throw(
        `context ${JSON.stringify(context)} is not in the kubeconfig`,
      ));

  for (const [key, value] of [
    ["as-groups", ["auditors"]],
    ["as-uid", "9b2f7c5e"],
    ["as-user-extra", { reason: ["audit"] }],
  ] as const) {
    const withUser = (fields: object) =>
      text.replace(`"token": "not-a-secret"`, JSON.stringify({ as: "ann", ...fields }).slice(1, -1));
    it(`is refused when its user impersonates more than a user name: ${key}`, () =>
      expect(() => loadKubeConfig(client, { kubeconfig: withUser({ [key]: value }) })).to.throw(
        `users["test"].user.${key}: only a user name (as) can be impersonated`,
      ));

    it(`is read when its user has an empty ${key}`, () => {
      const kubeconfig = withUser({ [key]: typeof value === "string" ? "" : [] });
      expect(loadKubeConfig(client, { kubeconfig }).getCurrentUser()?.impersonateUser).to.equal("ann");
    });
  }

  it("is refused when the file doesn't exist", () =>
    expect(() => loadKubeConfig(client, { kubeconfig: join(folder, "none") })).to.throw(
      /kubeconfig ".*none" is neither a file nor the text of one; correct vnic:kubeconfig/,
    ));

  it("is refused when it names no cluster", () =>
    expect(() => loadKubeConfig(client, { kubeconfig: "apiVersion: v1\nkind: Config\n" })).to.throw(
      "the kubeconfig of vnic:kubeconfig has no current context that leads to a server; correct it",
    ));

  describe("an error about an invalid one names the place, and never quotes its content, for", () => {
    const secret = "s3cret-t0ken";
    const wrong: [what: string, text: string, words: RegExp][] = [
      [
        "base64",
        Buffer.from(text.replaceAll("two", secret)).toString("base64"),
        /^kubeconfig \(a text of \d+ characters\) is neither a file nor the text of one; it looks like base64: decode it$/,
      ],
      ["a token alone", secret, /^kubeconfig \(a text of 12 characters\) is neither a file nor the text of one/],
      [
        "a missing bracket",
        `users: [\n token: ${secret} }`,
        /^vnic:kubeconfig: is not valid YAML at line 2, column 2\d;/,
      ],
      [
        "an alias",
        `users:\n- user: { token: *${secret} }`,
        /^vnic:kubeconfig: is not valid YAML: one of its aliases \(\*\) can't be resolved;/,
      ],
      ["a tab", `users:\n\t- token: ${secret}`, /^vnic:kubeconfig: is not valid YAML at line 2, column \d+;/],
      ["truncated JSON", `{"users": ["${secret}`, /^vnic:kubeconfig: is not valid YAML at line 1, column \d+;/],
      [
        "a missing name",
        `clusters:\n- cluster: ${secret}\n`,
        /^vnic:kubeconfig: clusters\[0\]\.name is missing; correct/,
      ],
      [
        "a number in place of a text",
        `clusters:\n- name: ${secret}\n  cluster: { server: 5 }\n`,
        /^vnic:kubeconfig: is no kubeconfig;/,
      ],
    ];
    const errorOf = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        return error as Error;
      }
      throw new Error("nothing was wrong");
    };
    for (const [what, given, words] of wrong)
      it(what, () => {
        const error = errorOf(() => loadKubeConfig(client, { kubeconfig: given }));
        expect(error.message).to.match(words);
        expect(inspect(error, { depth: 9, showHidden: true }))
          .not.to.include(secret)
          .and.not.to.include("czNjcmV0");
      });

    it("a text in KUBECONFIG, where a path should be", () => {
      const given = `{"users": [{"name": "a", "user": {"token": "${secret}"}}]}`;
      const { message } = inEnvironment(given, () => errorOf(() => loadKubeConfig(client, {})));
      expect(message)
        .to.match(/^KUBECONFIG: there is no file \(a text of/)
        .and.not.to.include(secret);
    });

    it("a file, also when it is one of several in KUBECONFIG", () => {
      const [good, bad] = [join(folder, "good"), join(folder, "bad")];
      writeFileSync(good, text);
      writeFileSync(bad, `users: [\n token: ${secret} }`);
      const words = `${bad}: is not valid YAML at line 2, column`;
      expect(errorOf(() => loadKubeConfig(client, { kubeconfig: bad })).message).to.include(words);
      const { message } = inEnvironment(`${good}:${bad}`, () => errorOf(() => loadKubeConfig(client, {})));
      expect(message).to.include(words).and.not.to.include(secret);
    });
  });
});
