import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import { parse, parseAllDocuments } from "yaml";
import { defaultImage, packageVersion } from "../../provider/base/package.ts";
import { platformManifests, type PlatformPart, platformParts } from "../../provider/model/platform/platform.ts";
import { writeChart } from "../../scripts/chart/chart.ts";
import { pack } from "../../scripts/release/archive.ts";
import { ensureHelm } from "../lab/index.ts";
import { type Output, run } from "../lab/run.ts";

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; annotations?: Record<string, string> };
}
type Values = Parameters<typeof platformManifests>[0];

const source = join(import.meta.dirname, "..", "..", "charts", "pulumi-vnic");

/** The position where two values begin to differ. */
function difference(rendered: unknown, wanted: unknown): string {
  const [one, other] = [JSON.stringify(rendered), JSON.stringify(wanted)];
  const start = Math.max(0, [...one].findIndex((letter, index) => letter !== other[index]) - 80);
  return `${one.slice(start, start + 200)} instead of ${other.slice(start, start + 200)}`;
}

describe("the chart, rendered by Helm", () => {
  let folder: string;
  let helm: string;
  /** An environment without a user's kubeconfig, of which Helm may complain, and without a user's plug-ins. */
  let env: NodeJS.ProcessEnv;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "vnic-chart-"));
    env = { PATH: process.env["PATH"], HOME: folder };
    await writeChart(join(folder, "pulumi-vnic"));
    helm = join(await ensureHelm(), "helm");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function template(values: object, chart = "pulumi-vnic"): Promise<Output> {
    await writeFile(join(folder, "values.yaml"), JSON.stringify(values));
    return run([helm, "template", "vnic", join(folder, chart), "-f", join(folder, "values.yaml")], { env });
  }

  async function objects(values: object): Promise<Map<string, Rendered>> {
    const { code, stdout, stderr } = await template(values);
    expect(stderr.trim(), "what Helm complains about").to.equal("");
    expect(code).to.equal(0);
    const all = parseAllDocuments(stdout).map((document) => document.toJS() as Rendered | null);
    return byName(all.filter((one) => one !== null));
  }

  const byName = (all: readonly Rendered[]) =>
    new Map(all.map((object) => [`${object.kind} ${object.metadata.name}`, object]));

  /** The objects that the manifests should have, changed as the chart does: Helm leaves CRDs in place. */
  function manifests(values: Values): Map<string, Rendered> {
    const all = byName(JSON.parse(JSON.stringify(platformManifests(values))) as Rendered[]);
    for (const { kind, metadata } of all.values())
      if (kind === "CustomResourceDefinition")
        metadata.annotations = { ...metadata.annotations, "helm.sh/resource-policy": "keep" };
    return all;
  }

  function assertSame(rendered: Map<string, Rendered>, wanted: Map<string, Rendered>): void {
    expect([...rendered.keys()].sort()).to.deep.equal([...wanted.keys()].sort());
    for (const [name, object] of rendered)
      // A policy is too long to be printed completely.
      if (!isDeepStrictEqual(object, wanted.get(name))) expect.fail(`${name}: ${difference(object, wanted.get(name))}`);
  }

  it("has exactly the objects of the manifests by default", async () =>
    assertSame(await objects({}), manifests({ image: defaultImage })));

  it("has the objects of the manifests with any values that its schema accepts", async () => {
    const image = fc.stringMatching(
      /^[a-z0-9]{1,12}(:[0-9]{1,4})?\/[a-z0-9/_.-]{1,20}(@sha256:[0-9a-f]{64}|:[A-Za-z0-9._-]{1,9})$/,
    );
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
    const words = fc.dictionary(
      name.map((text) => `example.org/${text}`),
      name,
      { maxKeys: 2 },
    );
    const quantities = fc.dictionary(
      fc.constantFrom("cpu", "memory"),
      fc.constantFrom("250m", "2", "512Mi", "1Gi", "0"),
    );
    const optional = { requiredKeys: [] };
    const workload = {
      resources: fc.record({ requests: quantities, limits: quantities }, optional),
      nodeSelector: words,
      tolerations: fc.array(fc.record({ key: name, operator: fc.constant("Exists" as const) }), { maxLength: 2 }),
      priorityClassName: name,
    };
    const reconciler = {
      ...workload,
      replicas: fc.integer({ min: 1, max: 9 }),
      resyncSeconds: fc.integer({ min: 1, max: 604_800 }),
      antiAffinity: fc.constantFrom("none" as const, "preferred" as const, "required" as const),
      topologySpread: fc.array(
        fc.record(
          {
            topologyKey: name,
            maxSkew: fc.integer({ min: 1, max: 5 }),
            whenUnsatisfiable: fc.constant("DoNotSchedule" as const),
          },
          { requiredKeys: ["topologyKey"] },
        ),
        { maxLength: 2 },
      ),
      disruptionBudget: fc.boolean(),
    };
    const values: fc.Arbitrary<Values> = fc.record(
      {
        image,
        allowImages: fc.array(image, { maxLength: 3 }),
        imagePullSecrets: fc.array(name, { maxLength: 2 }),
        openshift: fc.boolean(),
        networkStatus: fc.boolean(),
        labels: words,
        annotations: words,
        without: fc.subarray(platformParts),
        agent: fc.record(workload, optional),
        reconciler: fc.record(reconciler, optional),
      },
      { requiredKeys: ["image"] },
    );
    const check = fc.asyncProperty(values, async (values) => assertSame(await objects(values), manifests(values)));
    await fc.assert(check, { numRuns: 40, seed: 1 });
  });

  it("is the same as an archive of a release", async () => {
    pack(join(folder, "chart.tgz"), folder, ["pulumi-vnic"]);
    const values = { reconciler: { replicas: 3 }, monitoring: { rules: true } };
    const unpacked = await template(values);
    expect(unpacked.stdout).to.include("kind: PrometheusRule");
    expect(await template(values, "chart.tgz")).to.deep.equal(unpacked);
    const { code, stdout, stderr } = await run([helm, "show", "chart", join(folder, "chart.tgz")], { env });
    expect(code, stderr).to.equal(0);
    expect(parse(stdout)).to.include({ name: "pulumi-vnic", version: packageVersion, appVersion: packageVersion });
  });

  it("adds only what Prometheus and Grafana need when monitoring is enabled", async () => {
    const all = { podMonitor: true, rules: true, dashboard: true, labels: { release: "prometheus" } };
    const rendered = await objects({ monitoring: all });
    const added = ["PodMonitor vnic-reconciler", "PrometheusRule pulumi-vnic", "ConfigMap pulumi-vnic-dashboard"];
    const wanted = [...manifests({ image: defaultImage }).keys(), ...added];
    expect([...rendered.keys()].sort()).to.deep.equal(wanted.sort());
    const [monitor, rule, dashboard] = added.map((name) => rendered.get(name) as unknown as Record<string, unknown>);
    for (const one of [monitor, rule, dashboard])
      expect(one).to.have.nested.property("metadata.labels.release", "prometheus");
    expect(rule?.["spec"]).to.deep.equal(parse(await readFile(join(source, "files", "rules.yaml"), "utf8")));
    expect(monitor).to.have.nested.property("spec.podMetricsEndpoints[0].port", "http");
    const text = (dashboard?.["data"] as Record<string, string>)["pulumi-vnic.json"] ?? "";
    expect(JSON.parse(text)).to.include({ title: "Vnics" });
  });

  for (const [what, values, words] of [
    ["an unknown option", { imgae: "x" }, /imgae/],
    ["an unknown part", { without: ["agents" as PlatformPart] }, /without/],
    ["an unknown switch of monitoring", { monitoring: { alerts: true } } as object, /alerts/],
    ["zero replicas", { reconciler: { replicas: 0 } }, /replicas/],
    ["a quantity that the API server would rewrite", { agent: { resources: { limits: { cpu: "1000m" } } } }, /1000m/],
    ...["pulumi-vnic.dev/set", "network.pulumi-vnic.dev/x", "app.kubernetes.io/component"].flatMap((key) =>
      ["labels", "annotations"].map(
        (option) => [`the key ${key} in ${option}`, { [option]: { [key]: "true" } }, /choose another key/] as const,
      ),
    ),
    [
      "a label that adds our rights to a role of users",
      { labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" } },
      /labels: "rbac[.]authorization[.]k8s[.]io[/]aggregate-to-view" is a key that pulumi-vnic or Kubernetes acts on/,
    ],
    ["an image with a quote", { image: "x'y" }, /image/],
    ["an image with a line break", { allowImages: ["x\n- y"] }, /allowImages/],
    ["an interval that no timer has", { reconciler: { resyncSeconds: 3_000_000 } }, /resyncSeconds/],
  ] as const)
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await template(values);
      expect(code).not.to.equal(0);
      expect(stderr).to.match(words);
    });

  it("passes Helm's own lint", async () => {
    const { code, stdout } = await run([helm, "lint", "--strict", join(folder, "pulumi-vnic")], { env });
    expect(code, stdout).to.equal(0);
  });
});
