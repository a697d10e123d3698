import { expect } from "chai";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import { apiVersion, finalizer, labels } from "../../provider/model/names.ts";
import { until } from "../lab/run.ts";
import { type ApiServer, apiServer } from "../support/api/server.ts";
import { applyObjects, installPlatform, removeParts } from "../support/cluster.ts";

/* Requests of tenants in forms that kubectl doesn't send: what a policy sees must be what is stored. */

const namespace = "raw-tenant";
const rbac = "rbac.authorization.k8s.io";
const root = `/apis/${apiVersion}/namespaces/${namespace}`;

interface Answer {
  readonly code: number;
  readonly body: string;
}

interface Stored {
  readonly kind?: string;
  readonly message?: string;
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly finalizers?: readonly string[] };
  readonly spec?: Networked & { readonly template?: Networked };
}
interface Networked {
  readonly network?: { readonly name?: string; readonly parent?: string };
}

describe("the API server, asked by a tenant in an unusual form,", () => {
  let api: ApiServer;
  /** Sends a request as another user, with these very bytes. */
  async function send(person: string, method: string, path: string, type: string, body: string): Promise<Answer> {
    const { users } = JSON.parse(readFileSync(api.kubeconfig, "utf8")) as { users: { user: { token: string } }[] };
    const headers = {
      ...{ authorization: `Bearer ${users[0]?.user.token}`, "content-type": type, accept: "application/json" },
      ...{ "impersonate-user": person, "impersonate-group": "system:authenticated" },
    };
    const ca = readFileSync(api.proxied.authority);
    return new Promise((resolve, reject) => {
      const call = request(api.proxied.url + path, { method, headers, ca }, (response) => {
        void text(response).then((body) => resolve({ code: response.statusCode ?? 0, body }), reject);
      });
      call.on("error", reject).end(body);
    });
  }

  const binding = (person: string, kind: string, name: string) => ({
    ...{ apiVersion: `${rbac}/v1`, kind: "RoleBinding", metadata: { name: `${person}-${name}`, namespace } },
    ...{ roleRef: { apiGroup: rbac, kind, name }, subjects: [{ apiGroup: rbac, kind: "User", name: person }] },
  });
  const lan = (name: string, more: object = {}) => ({
    ...{ apiVersion, kind: "VnicNetwork", metadata: { name } },
    spec: { mode: "macvlan", parent: "eth1", ...more },
  });
  const bank = lan("raw-bank", {
    ...{ namespaces: ["raw-bank-vault"], gateways: ["10.66.7.1"], macPrefixes: ["02:66:77"] },
    ranges: [{ cidr: "10.66.7.0/24", from: "10.66.7.10", to: "10.66.7.99", exclude: ["10.66.7.50"] }],
  });
  const record = (kind: string, name: string, spec: object) => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
    spec,
  });
  const named = { network: { name: "raw-lan" } };

  before(async () => {
    api = await apiServer();
    await api.makeNamespace(namespace);
    await installPlatform(api.kubectl, ["policies"]);
    const rules = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
    await applyObjects(api.kubectl, [
      { apiVersion: `${rbac}/v1`, kind: "Role", metadata: { name: "everything", namespace }, rules },
      ...[binding("ann", "ClusterRole", "vnic-edit"), binding("owen", "Role", "everything")],
      ...[lan("raw-lan"), bank],
    ]);
    await until("the policies to take effect", 30, async () => {
      const inline = record("Vnic", "probe", { pod: { name: "db" }, network: { parent: "eth0" } });
      const { body } = await send("ann", "POST", `${root}/vnics?dryRun=All`, json, JSON.stringify(inline));
      return body.includes("use-inline") || undefined;
    });
    await applyObjects(api.kubectl, [
      record("Vnic", "stored", { pod: { name: "db" }, ...named }),
      record("VnicSet", "stored", { selector: { app: "db" }, template: named }),
    ]);
  });
  after(async () => {
    for (const kind of ["vnics", "vnicsets"]) await api.kubectl(["delete", kind, "--all", "-n", namespace]);
    await api.kubectl(["delete", "vnicnetwork", "raw-lan", "raw-bank"]);
    await removeParts(api.kubectl, "policies");
  });

  const json = "application/json";
  const [merge, apply] = ["application/merge-patch+json", "application/apply-patch+yaml"];
  const head = (kind: string, name: string) =>
    `"apiVersion":"${apiVersion}","kind":"${kind}","metadata":{"name":"${name}","namespace":"${namespace}"}`;
  const [lanText, inlineText] = [`{"name":"raw-lan"}`, `{"parent":"eth0"}`];
  /** Texts of a Vnic or VnicSet in which an inline network is hidden. */
  const hidden: readonly [what: string, kind: "Vnic" | "VnicSet", spec: string][] = [
    [
      "a template, as a VnicSet has",
      "Vnic",
      `{"pod":{"name":"db"},"network":${inlineText},"template":{"network":${lanText}}}`,
    ],
    ["a template of null", "Vnic", `{"pod":{"name":"db"},"network":${inlineText},"template":null}`],
    ["an empty template", "Vnic", `{"pod":{"name":"db"},"network":${inlineText},"template":{}}`],
    ["a network twice, inline at last", "Vnic", `{"pod":{"name":"db"},"network":${lanText},"network":${inlineText}}`],
    ["a network twice, inline at first", "Vnic", `{"pod":{"name":"db"},"network":${inlineText},"network":${lanText}}`],
    ["a network in capitals beside it", "Vnic", `{"pod":{"name":"db"},"network":${lanText},"Network":${inlineText}}`],
    ["a parent in capitals", "Vnic", `{"pod":{"name":"db"},"network":{"name":"raw-lan","Parent":"eth0"}}`],
    ["an escaped key", "Vnic", `{"pod":{"name":"db"},"network":{"\\u0070arent":"eth0"}}`],
    ["a parent with a name of null", "Vnic", `{"pod":{"name":"db"},"network":{"name":null,"parent":"eth0"}}`],
    [
      "a network of its own beside the template",
      "VnicSet",
      `{"selector":{"app":"db"},"network":${lanText},"template":{"network":${inlineText}}}`,
    ],
    [
      "a template twice, inline at last",
      "VnicSet",
      `{"selector":{"app":"db"},"template":{"network":${lanText}},"template":{"network":${inlineText}}}`,
    ],
    [
      "a template twice, inline at first",
      "VnicSet",
      `{"selector":{"app":"db"},"template":{"network":${inlineText}},"template":{"network":${lanText}}}`,
    ],
    [
      "a template within the template",
      "VnicSet",
      `{"selector":{"app":"db"},"template":{"network":${inlineText},"template":{"network":${lanText}}}}`,
    ],
  ];
  const pathOf = (kind: string) => `${root}/${kind.toLowerCase()}s`;
  /** The requests by which a tenant may send a text. */
  const ways = (
    kind: string,
    spec: string,
  ): readonly [what: string, method: string, path: string, type: string, body: string][] => {
    const whole = (name: string) => `{${head(kind, name)},"spec":${spec}}`;
    const ignoring = "fieldValidation=Ignore";
    return [
      ["JSON", "POST", `${pathOf(kind)}?${ignoring}`, json, whole("fresh")],
      ["YAML", "POST", `${pathOf(kind)}?${ignoring}`, "application/yaml", whole("fresh")],
      ["a new apply", "PATCH", `${pathOf(kind)}/fresh?${ignoring}&fieldManager=x`, apply, whole("fresh")],
      ["an apply", "PATCH", `${pathOf(kind)}/stored?${ignoring}&fieldManager=x&force=true`, apply, whole("stored")],
      ["a merge patch", "PATCH", `${pathOf(kind)}/stored?${ignoring}`, merge, `{"spec":${spec}}`],
      [
        "a JSON patch",
        "PATCH",
        `${pathOf(kind)}/stored?${ignoring}`,
        "application/json-patch+json",
        `[{"op":"replace","path":"/spec","value":${spec}}]`,
      ],
    ];
  };
  /** Whether a request was refused, or its object has no inline network. */
  const isHarmless = ({ code, body }: Answer): boolean => {
    if (code >= 400) return true;
    const { spec } = JSON.parse(body) as Stored;
    return [spec?.network, spec?.template?.network].every((one) => one?.parent === undefined);
  };
  for (const [what, kind, spec] of hidden)
    it(`stores no inline network of a ${kind} that has ${what}`, async () => {
      for (const person of ["ann", "owen"])
        for (const [way, method, path, type, body] of ways(kind, spec)) {
          const answer = await send(person, method, `${path}&dryRun=All`, type, body);
          expect(isHarmless(answer), `${person} by ${way}: ${answer.code} ${answer.body}`).to.equal(true);
          // An apply with a field that the kind doesn't have is refused with 500.
          if (answer.code >= 500) expect(answer.body, way).to.include("field not declared in schema");
        }
    });

  it("takes no kind of patch that it would merge in another way than it shows to policies", async () => {
    const types = ["application/strategic-merge-patch+json", "application/cbor", "application/vnd.kubernetes.protobuf"];
    for (const type of types) {
      const answer = await send("ann", "PATCH", `${pathOf("Vnic")}/stored`, type, `{"spec":{"network":${inlineText}}}`);
      expect(isHarmless(answer), `${type}: ${answer.code} ${answer.body}`).to.equal(true);
      expect(answer.code, type).to.be.within(400, 499);
    }
  });

  const marks: readonly [what: string, metadata: string][] = [
    ["labels twice", `"labels":{"team":"a"},"labels":{"${labels.set}":"x"}`],
    ["a label twice", `"labels":{"${labels.set}":"x","${labels.set}":"y"}`],
    ["a label with an escaped key", `"labels":{"pulumi-vnic.de\\u0076/set":"x"}`],
    ["a label with a key in capitals", `"labels":{"Pulumi-Vnic.dev/set":"x"}`],
    ["a label with a dot at the end of its prefix", `"labels":{"pulumi-vnic.dev./set":"x"}`],
    ["a finalizer twice", `"finalizers":["${finalizer}","${finalizer}"]`],
    [
      "metadata twice",
      `"labels":{"team":"a"}},"metadata":{"name":"fresh","namespace":"${namespace}","labels":{"${labels.set}":"x"}`,
    ],
  ];
  for (const [what, metadata] of marks)
    it(`stores no metadata of drivers by a tenant who sends ${what}`, async () => {
      const head = `"apiVersion":"${apiVersion}","kind":"Vnic"`;
      const spec = `"spec":{"pod":{"name":"db"},"network":${lanText}}`;
      for (const type of [json, "application/yaml"]) {
        const body = `{${head},"metadata":{"name":"fresh","namespace":"${namespace}",${metadata}},${spec}}`;
        const answer = await send("owen", "POST", `${pathOf("Vnic")}?fieldValidation=Ignore&dryRun=All`, type, body);
        const { metadata: stored = {} } = answer.code < 400 ? (JSON.parse(answer.body) as Stored) : {};
        const ours = [...Object.keys(stored.labels ?? {}), ...(stored.finalizers ?? [])];
        expect(
          ours.filter((key) => key.includes("pulumi-vnic")),
          `${type}: ${answer.body}`,
        ).to.deep.equal([]);
        expect(answer.code, answer.body).to.be.lessThan(500);
      }
    });

  it("tells a namespace that may not use a Network nothing about it, whatever the record asks for", async () => {
    const wishes = [
      {},
      { addresses: ["10.66.7.1/24"] },
      { addresses: ["10.66.7.50/24"] },
      { addresses: ["192.168.50.7/24"] },
      { mac: "02:66:78:00:00:01" },
      { mac: "00:66:77:00:00:01" },
      { duplicateAddressDetection: false },
    ];
    for (const wish of wishes) {
      const vnic = record("Vnic", "fresh", { pod: { name: "db" }, network: { name: "raw-bank" }, ...wish });
      const { code, body } = await send("ann", "POST", `${pathOf("Vnic")}?dryRun=All`, json, JSON.stringify(vnic));
      const { message = "" } = JSON.parse(body) as Stored;
      expect(code, body).to.be.within(400, 499);
      expect(message).to.match(
        /network[.]name: VnicNetwork raw-bank is not for namespace raw-tenant; an administrator can add it to namespaces there$/,
      );
      for (const secret of ["raw-bank-vault", "10.66.7.10", "10.66.7.99", "10.66.7.0", "02:66:77"])
        expect(message, JSON.stringify(wish)).to.not.include(secret);
    }
  });
});
