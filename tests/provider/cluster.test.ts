import { expect } from "chai";
import { addressName, type AddressRecord } from "../../provider/model/address/address.ts";
import { apiVersion, group, vnicId } from "../../provider/model/names.ts";
import type { VnicRecord } from "../../provider/model/vnic/record.ts";
import { stubs } from "../../sdk/stubs.ts";
import { failure, FakeApiServer, ok } from "../fakes/api-server.ts";
import { kubeconfig } from "../fakes/kubeconfig.ts";
import { definition, node, pod, storedVnic, stateWith, uid, urn } from "../fakes/objects.ts";
import { until } from "../lab/run.ts";
import { callError, ProviderProcess } from "./provider-process.ts";

const vnics = `/apis/${apiVersion}/vnics`;
const vnic = `/apis/${apiVersion}/namespaces/shop/vnics/db-wire`;
const thePod = "/api/v1/namespaces/shop/pods/db-0";
const theNode = "GET /api/v1/nodes/worker-1";
const jobs = "/apis/batch/v1/namespaces/vnic-system/jobs";
const addresses = `/apis/${apiVersion}/vnicaddresses`;
/** An address claim as the API server would store it. */
const storingAddress = ({ body }: { body: unknown }) => {
  const record = body as AddressRecord;
  return ok({ ...record, metadata: { ...record.metadata, uid: uid(8), resourceVersion: "7" } });
};
const short = { createSeconds: 1, updateSeconds: 1, deleteSeconds: 1 };
const ample = { createSeconds: 30, updateSeconds: 30, deleteSeconds: 30 };

/** Whether a request applies the whole record. Other requests, such as claims, only change its metadata. */
const isRecord = (body: unknown): body is VnicRecord => (body as Partial<VnicRecord>).spec !== undefined;
/** The record as the API server would store it. */
const storing = ({ body }: { body: unknown }) => {
  const record = isRecord(body) ? body : storedVnic();
  return ok({ ...record, metadata: { ...record.metadata, uid: uid(1), resourceVersion: "5", generation: 1 } });
};
const denied = (verb: string, resource: string) =>
  failure(
    403,
    `${resource} is forbidden: User "system:serviceaccount:vnic-system:vnic-provider" cannot ${verb} resource "${resource}" in API group "" in the namespace "shop"`,
  );

const jobsDenied = failure(403, `jobs.batch is forbidden: User "x" cannot create resource "jobs" in API group "batch"`);

describe("Pulumi's provider process with an API server", () => {
  let server: FakeApiServer;
  let provider: ProviderProcess;
  beforeEach(async () => {
    server = (await new FakeApiServer().start())
      .on(`GET ${thePod}`, ok(pod()))
      .on(`GET ${vnics}`, ok({ items: [] }))
      .on("GET /api/v1/nodes", ok({ items: [] }))
      .on("GET /apis/networking.k8s.io/v1/servicecidrs", ok({ items: [] }))
      .on(`POST ${addresses}`, storingAddress)
      .on(`PATCH ${vnic}`, storing);
    provider = await ProviderProcess.start();
    await provider.configure({ "vnic:kubeconfig": kubeconfig({ server: server.url }) });
  });
  afterEach(async () => {
    await provider.stop();
    await server.stop();
  });

  const create = (given = {}) => provider.create({ ...definition({ deadlines: ample, ...given }) });
  /** Progress comes over another connection than the end of the call, which doesn't wait for it. */
  const anyLine = () => until("progress", 30, () => provider.engine.lines.length > 0 || undefined);
  const writes = () => server.requests.filter((request) => !request.startsWith("GET"));

  describe("create, before anything is touched,", () => {
    const table: [when: string, arrange: (server: FakeApiServer) => void, message: RegExp][] = [
      [
        "names the pod that doesn't exist",
        (api) =>
          api
            .on(`GET ${thePod}`, failure(404, "not found", { name: "db-0", kind: "pods" }))
            .on("GET /api/v1/namespaces/shop", ok({})),
        /^pod.name: there is no pod "db-0" in namespace "shop"; create it first$/,
      ],
      [
        "names the namespace that doesn't exist",
        (api) => api.on(`GET ${thePod}`, failure(404, "not found", { name: "db-0", kind: "pods" })),
        /^pod.namespace: there is no namespace "shop"/,
      ],
      [
        "refuses a pod with its node's network",
        (api) => api.on(`GET ${thePod}`, ok(pod({ hostNetwork: true }))),
        /hostNetwork: true/,
      ],
      [
        "names what RBAC denies: verb, resource and account",
        (api) => api.on(`GET ${thePod}`, denied("get", "pods")),
        /^reading pod shop\/db-0: pods is forbidden: .*vnic-provider" cannot get resource "pods".*npx pulumi-vnic manifests has the roles$/,
      ],
      [
        "says how to install the CRDs when they are missing",
        (api) =>
          api
            .on(`GET ${vnics}`, failure(404, "404 page not found"))
            .on(`GET ${vnic}`, failure(404, "404 page not found")),
        /doesn't know pulumi-vnic.dev\/v1alpha1; install them: npx pulumi-vnic manifests \| kubectl apply -f -$/,
      ],
    ];
    for (const [what, arrange, message] of table)
      it(what, async () => {
        arrange(server);
        const error = await callError(create());
        expect(error.message).to.match(message);
        expect(error.initFailure).to.equal(undefined);
        expect(writes()).to.deep.equal([]);
      });

    it("names the owner of a record that is there already, which the API server doesn't let it create again", async () => {
      server
        .on(
          `PATCH ${vnic}`,
          failure(409, "the object has been modified; please apply your changes to the latest version"),
        )
        .on(`GET ${vnic}`, ok(storedVnic({ declaredBy: "urn:pulumi:other" })));
      expect((await callError(create())).message).to.match(
        /^name: Vnic shop\/db-wire exists already and is declared by urn:pulumi:other/,
      );
      expect(writes(), "the refused creation alone").to.deep.equal([`PATCH ${vnic}`]);
    });

    it("waits for a pending pod, shown on the resource's own row, until the Vnic's deadline", async () => {
      server.on(`GET ${thePod}`, ok(pod({ status: { phase: "Pending" } })));
      const { message } = await callError(create({ deadlines: short }));
      expect(message).to.match(
        /^injecting Vnic shop\/db-wire into pod shop\/db-0: not done within 1 s; still waiting for pod shop\/db-0 to run; last seen: /,
      );
      await anyLine();
      expect(provider.engine.lines).to.deep.equal([
        { urn, message: "waiting for pod shop/db-0 to run: no container runs yet on node worker-1", ephemeral: true },
      ]);
      expect(writes()).to.deep.equal([]);
    });
  });

  it("leaves nothing in state, and no record, when no injection Job may be created", async () => {
    server
      .on(theNode, ok(node()))
      .on(`POST ${jobs}`, jobsDenied)
      .on(`GET ${vnic}`, failure(404, "not found", { name: "db-wire", kind: "vnics", group }))
      .on(`DELETE ${vnic}`, ok({}));
    const error = await callError(create());
    expect(error.message).to.match(/^creating injection Job vnic-system\/vnic-session-.*cannot create resource "jobs"/);
    expect(error.initFailure).to.equal(undefined);
    // Addresses are claimed, and status updates sent, concurrently; an attempt that takes longer than a second creates
    // events, and one that takes seconds renews its claim on the record, whose first version is written before.
    const beside = [
      `POST ${addresses}`,
      `PATCH ${vnic}/status`,
      "POST /api/v1/namespaces/shop/events",
      `PATCH ${vnic}`,
    ];
    expect(writes()[0]).to.equal(`PATCH ${vnic}`);
    expect(server.bodies(`PATCH ${vnic}`).filter(isRecord)).to.have.length(1);
    const others = writes().filter((request) => !beside.includes(request));
    expect(others.map((request) => request.replace(/(?<=vnicaddresses)\/\w+$/, ""))).to.deep.equal([
      `POST ${jobs}`,
      `DELETE ${addresses}`,
      `DELETE ${addresses}`,
      `DELETE ${vnic}`,
    ]);
    await anyLine();
    expect(provider.engine.lines.map(({ message }) => message)).to.deep.equal([
      "starting an injection session on node worker-1",
    ]);
  });

  it("keeps in state what exists, with the reasons, when it can't be removed", async () => {
    server.on(theNode, ok(node())).on(`POST ${jobs}`, jobsDenied).on(`DELETE ${vnic}`, denied("delete", "vnics"));
    const { message, initFailure } = await callError(create());
    expect(message).to.equal("Vnic shop/db-wire exists, but is not complete");
    expect(initFailure?.id).to.equal(vnicId({ namespace: "shop", name: "db-wire" }));
    expect(initFailure?.reasons).to.have.length(1);
    expect(initFailure?.reasons[0]).to.match(
      /cannot create resource "jobs".*; and then: deleting Vnic shop\/db-wire: .*cannot delete resource "vnics"/,
    );
    const { __provider, ...properties } = initFailure?.properties ?? {};
    expect(__provider, "what refresh and delete will run").to.be.a("string").that.includes("pulumi-vnic/provider");
    expect(properties).to.deep.equal({
      clusterUid: "9b2f7c5e-0000-4000-8000-000000000001",
      ...stateWith(definition({ deadlines: ample }), {
        uid: uid(1),

        node: "worker-1",
        podUid: uid(2),
        owner: urn,
        providerVersion: "0.1.0",
      }),
    });
  });

  describe("with a Vnic in state", () => {
    const state = {
      ...stateWith(definition({ deadlines: ample }), {
        uid: uid(1),
        node: "worker-1",
        podUid: uid(2),
        providerVersion: "0.1.0",
      }),
    };

    const noPod = failure(404, "not found", { name: "db-0", kind: "pods" });

    it("reads it as gone when its record and its pod are gone", async () => {
      server.on(`GET ${thePod}`, noPod);
      expect((await provider.read("shop/db-wire", state)).id).to.equal("");
      expect(writes()).to.deep.equal([]);
    });

    it("reads it as existing without its NIC when only its pod is gone, and plans to repair that", async () => {
      server.on(`GET ${thePod}`, noPod).on(`GET ${vnic}`, ok(storedVnic()));
      const { id, properties } = await provider.read("shop/db-wire", state);
      expect([id, properties.interface]).to.deep.equal(["shop/db-wire", undefined]);
      expect(await provider.diff(id, properties, { ...definition({ deadlines: ample }) })).to.have.property(
        "changes",
        "some",
      );
    });

    it("fails to read it, and doesn't report it as gone, when access is denied", async () => {
      server.on(`GET ${vnic}`, denied("get", "vnics"));
      expect((await callError(provider.read("shop/db-wire", state))).message).to.match(
        /^reading Vnic shop\/db-wire: vnics is forbidden/,
      );
      expect(provider.stderr.join("").trim().split("\n"), "no stack beside the message").to.have.length(1);
    });

    it("refuses every operation on a Vnic from another cluster before any other request", async () => {
      const elsewhere = { ...state, clusterUid: uid(7) };
      const { addresses: _, ...common } = elsewhere;
      const own = { namespace: "shop", selector: { app: "db" }, template: { network: { parent: "eth1" } } };
      const set = { ...common, ...own, desired: 1, ready: 1, __provider: stubs.VnicSet };
      for (const [what, call] of [
        ["Vnic", () => provider.read("shop/db-wire", elsewhere)],
        ["Vnic", () => provider.update("shop/db-wire", elsewhere, { ...definition() })],
        ["Vnic", () => provider.delete("shop/db-wire", elsewhere)],
        ["VnicSet", () => provider.read("shop/db-wire", set)],
        ["VnicSet", () => provider.delete("shop/db-wire", set)],
      ] as const)
        expect((await callError(call())).message).to.match(
          new RegExp(
            `^${what} shop/db-wire was made in cluster ${uid(7)}, this is .*: vnic:kubeconfig leads to another`,
          ),
        );
      expect(server.requests.filter((request) => !request.endsWith("/namespaces/kube-system"))).to.deep.equal([]);
    });

    it("deletes it without a trace of a session when record, pod and node are gone", async () => {
      server.on(`GET ${thePod}`, noPod);
      await provider.delete("shop/db-wire", state);
      expect(writes()).to.deep.equal([]);
      expect(server.requests).to.include(theNode);
    });

    it("names the Vnic that holds an address that an update wants, and changes no record", async () => {
      const held = addressName({ segment: "eth1", value: "192.168.50.11" });
      const other = storedVnic({ name: "other", mac: "02:00:00:00:00:99" }, { uid: uid(5) });
      const holder = { namespace: "shop", name: "other", uid: other.metadata.uid };
      const spec = { segment: "eth1", value: "192.168.50.11", family: "IPv4", holder };
      server
        .on(`GET ${vnic}`, ok(storedVnic()))
        .on(theNode, ok(node()))
        .on(`GET /apis/${apiVersion}/namespaces/shop/vnics/other`, ok(other))
        .on(`GET ${addresses}/${held}`, ok({ metadata: { name: held, uid: uid(9), resourceVersion: "3" }, spec }))
        .on(`POST ${addresses}`, (request) =>
          (request.body as AddressRecord).metadata.name === held
            ? failure(409, "already exists", { name: held, kind: "vnicaddresses", group })
            : storingAddress(request),
        );
      const news = { ...definition({ deadlines: ample, addresses: ["192.168.50.11/24"] }) };
      const error = await callError(provider.update("shop/db-wire", state, news));
      expect(error.message).to.match(/^addresses\[0\]: 192.168.50.11 is held by Vnic shop\/other/);
      expect(error.initFailure).to.equal(undefined);
      expect(server.bodies(`PATCH ${vnic}`).filter(isRecord)).to.deep.equal([]);
      expect(server.requests).to.not.include(`POST ${jobs}`);
    });

    it("restores the record when an update can't begin on the node", async () => {
      server
        .on(`GET ${vnic}`, ok(storedVnic()))
        .on(theNode, ok(node()))
        .on(
          `POST ${jobs}`,
          failure(403, `jobs.batch is forbidden: User "x" cannot create resource "jobs" in API group "batch"`),
        );
      const news = { ...definition({ deadlines: ample, addresses: ["192.168.50.11/24"] }) };
      const error = await callError(provider.update("shop/db-wire", state, news));
      expect(error.message).to.match(/cannot create resource "jobs"/);
      expect(error.initFailure).to.equal(undefined);
      const applied = server.bodies(`PATCH ${vnic}`).filter(isRecord);
      expect(applied.map(({ spec }) => spec.addresses)).to.deep.equal([["192.168.50.11/24"], ["192.168.50.10/24"]]);
    });
  });
});
