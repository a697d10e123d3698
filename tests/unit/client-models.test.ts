import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as whole from "../../provider/cluster/client.ts";

type Client = typeof whole;

const time = "2026-01-02T03:04:05Z";
const metadata = { name: "one", creationTimestamp: time, managedFields: [{ manager: "kubectl", time }] };
const template = { metadata, spec: { containers: [{ name: "app", ports: [{ containerPort: 80 }] }] } };
const conditions = [{ type: "Ready", status: "True", lastTransitionTime: time, lastHeartbeatTime: time }];
const workload = { metadata, spec: { selector: {}, template }, status: { conditions } };

/** An object of each kind that the provider reads as a model, with times at several depths, by the plural of its kind. */
const objects: Record<string, object> = {
  pods: {
    ...template,
    status: {
      startTime: time,
      conditions,
      containerStatuses: [{ name: "app", state: { running: { startedAt: time } } }],
    },
  },
  nodes: { metadata, status: { conditions } },
  namespaces: { metadata, status: { conditions } },
  events: { metadata, involvedObject: { kind: "Pod" }, eventTime: time, lastTimestamp: time },
  jobs: { metadata, spec: { template }, status: { completionTime: time, conditions } },
  leases: { metadata, spec: { acquireTime: time, renewTime: "2026-01-02T03:04:05.678901Z" } },
  statefulsets: workload,
  deployments: workload,
  daemonsets: workload,
  replicasets: workload,
};

describe("the Kubernetes client in the bundle, without the models that nobody needs", () => {
  let server: Server;
  let url: string;
  before(async () => {
    server = createServer(({ url = "" }, response) => {
      const [last = "", before = ""] = url.replace(/\?.*/, "").split("/").reverse();
      const object = objects[before] ?? { metadata: {}, items: [objects[last]] };
      response.setHeader("content-type", "application/json").end(JSON.stringify(object));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  async function readAll(client: Client): Promise<unknown> {
    const configuration = client.createConfiguration({ baseServer: new client.ServerConfiguration(url, {}) });
    const core = new client.CoreV1Api(configuration);
    const apps = new client.AppsV1Api(configuration);
    const one = { namespace: "shop", name: "one" };
    return Promise.all([
      core.readNamespacedPod(one),
      core.listPodForAllNamespaces(),
      core.readNode(one),
      core.readNamespace(one),
      core.listNamespacedEvent(one),
      new client.BatchV1Api(configuration).readNamespacedJob(one),
      new client.CoordinationV1Api(configuration).readNamespacedLease(one),
      apps.readNamespacedStatefulSet(one),
      apps.readNamespacedDeployment(one),
      apps.readNamespacedDaemonSet(one),
      apps.readNamespacedReplicaSet(one),
    ]);
  }

  it("reads objects as the whole client does", async () => {
    const hooks = join(import.meta.dirname, "..", "..", "dist", "hooks");
    const [file = ""] = readdirSync(hooks).filter((name) => name.startsWith("client-"));
    const bundled = (await import(pathToFileURL(join(hooks, file)).href)) as Client;
    const [expected, actual] = [await readAll(whole), await readAll(bundled)].map(withTimes);
    expect(JSON.stringify(expected)).to.include("a time");
    expect(actual).to.deep.equal(expected);
  });

  it("has no module that is imported for its side effects only, except one", () => {
    const client = dirname(fileURLToPath(import.meta.resolve("@kubernetes/client-node")));
    const files = readdirSync(client, { recursive: true, encoding: "utf8" }).filter((file) => /\.js$/.test(file));
    const imports = files.flatMap(
      (file) => readFileSync(join(client, file), "utf8").match(/^import ['"].*['"]/gm) ?? [],
    );
    expect(files.length).to.be.greaterThan(100);
    expect(imports).to.deep.equal(["import './polyfill.js'"]);
  });
});

/** Plain data, in which times that were read as such are marked. */
function withTimes(value: unknown): unknown {
  if (value instanceof Date) return `a time, ${value.toISOString()}`;
  if (Array.isArray(value)) return value.map(withTimes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withTimes(item)]));
}
