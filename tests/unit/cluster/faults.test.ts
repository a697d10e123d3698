import { ApiException } from "@kubernetes/client-node";
import { expect } from "chai";
import { inspect } from "node:util";
import { call, find } from "../../../provider/cluster/call.ts";
import { VnicError } from "../../../provider/base/errors.ts";
import { rejection } from "../../fakes/cluster.ts";

let renewals: object[] = [];
const server = {
  server: "https://10.0.0.1:6443",
  current: {},
  renew: (used: object) => void renewals.push(used),
};

/** The error that the Kubernetes client throws for an unsuccessful response. */
function answered(code: number, status: object = {}, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error(`HTTP-Code: ${code}`), { code, body: JSON.stringify(status), headers });
}

const throwing = (error: Error) => () => Promise.reject(error);

describe("a call to the API server", () => {
  const notFound = (details: object) => answered(404, { message: "not found", details });
  const rbac = `pods "db-0" is forbidden: User "x" cannot get resource "pods" in API group "" in the namespace "shop"`;
  const table: [when: string, error: Error, kind: string, message: RegExp][] = [
    [
      "the credentials are refused",
      answered(401),
      "forbidden",
      /^reading pod shop\/db-0: the API server refuses the credentials; renew the kubeconfig's$/,
    ],
    [
      "RBAC says no",
      answered(403, { message: rbac }),
      "forbidden",
      /cannot get resource "pods" .* in the namespace "shop"; grant it: npx pulumi-vnic manifests has the roles$/,
    ],
    [
      "admission says no",
      answered(403, { message: "violates PodSecurity" }),
      "forbidden",
      /^reading pod shop\/db-0: violates PodSecurity$/,
    ],
    [
      "our CRDs are missing",
      answered(404, { message: "404 page not found" }),
      "notInstalled",
      /doesn't know pulumi-vnic.dev\/v1alpha1; install them: npx pulumi-vnic manifests \| kubectl apply/,
    ],
    [
      "our CRDs are missing, and the body is no JSON",
      Object.assign(new Error("x"), { code: 404, body: "404 page not found\n" }),
      "notInstalled",
      /install them/,
    ],
    [
      "our CRDs are being deleted",
      answered(403, {
        message: `vnics.pulumi-vnic.dev "wire" is forbidden: create not allowed while custom resource definition is terminating`,
      }),
      "notInstalled",
      /doesn't know pulumi-vnic.dev\/v1alpha1; install them/,
    ],
    [
      "our namespace is missing",
      notFound({ name: "vnic-system", kind: "namespaces" }),
      "notInstalled",
      /namespace vnic-system is missing; install them/,
    ],
    [
      "the user's namespace is missing",
      notFound({ name: "shop", kind: "namespaces" }),
      "refused",
      /there is no namespace "shop"/,
    ],
    [
      "the object is missing",
      notFound({ name: "db-0", kind: "pods" }),
      "failed",
      /^reading pod shop\/db-0: not found$/,
    ],
    [
      "somebody else changed the object",
      answered(409, { message: "Apply failed with 1 conflict" }),
      "conflict",
      /Apply failed with 1 conflict/,
    ],
    [
      "the object is invalid",
      answered(422, { message: "spec.mac: Required value", details: { name: "db-wire", kind: "Vnic" } }),
      "failed",
      /HTTP 422: spec.mac: Required value/,
    ],
    [
      "a JSON patch meets another value than the one it tests for",
      answered(422, { message: "the server rejected our request due to an error in our request", details: {} }),
      "outdated",
      /reading pod shop\/db-0: the server rejected our request/,
    ],
    ["it is an error of ours already", new VnicError("invalid", "as it is"), "invalid", /^as it is$/],
  ];
  for (const [when, error, kind, message] of table)
    it(`is "${kind}" when ${when}`, async () => {
      const fault = await rejection(call(server, "reading pod shop/db-0", throwing(error)));
      expect(fault.message).to.match(message);
      expect(fault.kind).to.equal(kind);
    });

  it("quotes nothing of a response that isn't the API server's, where a proxy may repeat the token or set a cookie", async () => {
    const secret = "s3cret-t0ken";
    for (const code of [400, 401, 403, 404, 407, 409, 418, 422, 501, 599]) {
      const body = `<html>you sent Authorization: Bearer ${secret}</html>`;
      const error = new ApiException(code, secret, body, { "set-cookie": `session=${secret}` });
      const fault = await rejection(call(server, "reading pod shop/db-0", throwing(error)));
      expect(inspect(fault, { depth: 9, showHidden: true }), String(code)).to.not.include(secret);
      expect(fault.message).to.match(/^reading pod shop\/db-0: /);
    }
    const teapot = new ApiException(418, "x", "<html>", {});
    expect((await rejection(call(server, "x", throwing(teapot)))).message).to.equal(
      "x: HTTP 418: I'm a Teapot, without a Status of Kubernetes in the response; a proxy in between may have sent it",
    );
  });

  it("is made once when a repetition can't change the answer", async () => {
    let calls = 0;
    await rejection(call(server, "x", () => (calls++, Promise.reject(answered(403)))));
    expect(calls).to.equal(1);
  });

  const race = (details = {}) =>
    answered(409, { reason: "Conflict", message: "the object has been modified", details });
  it("is repeated after a concurrent write, but not when another manager owns a field or the object exists", async () => {
    let calls = 0;
    await call(server, "x", () => (++calls === 1 ? Promise.reject(race()) : Promise.resolve()));
    expect(calls).to.equal(2);
    const held = race({ causes: [{ reason: "FieldManagerConflict", field: ".spec.mac" }] });
    for (const final of [held, answered(409, { reason: "AlreadyExists" })]) {
      calls = 0;
      await rejection(call(server, "x", () => (calls++, Promise.reject(final))));
      expect(calls).to.equal(1);
    }
  });

  it("is repeated after the time that the server asks for", async () => {
    const began = performance.now();
    let calls = 0;
    const busy = answered(429, {}, { "retry-after": "0.3" });
    await call(server, "x", () => (++calls === 1 ? Promise.reject(busy) : Promise.resolve()));
    expect(performance.now() - began).to.be.greaterThan(300);
  });

  it("reports each time that the server refuses it because of too many", async () => {
    let [calls, overloads] = [0, 0];
    const reporting = { ...server, overloaded: () => void overloads++ };
    const answers = [answered(429), answered(503), answered(429)];
    await call(reporting, "x", () => (calls < 3 ? Promise.reject(answers[calls++]!) : Promise.resolve()));
    expect(overloads).to.equal(2);
  });

  it("is repeated once over a new connection when the credentials are refused or no answer arrives", async () => {
    for (const error of [answered(401), new DOMException("The operation was aborted due to timeout", "TimeoutError")]) {
      renewals = [];
      let calls = 0;
      await rejection(call(server, "x", () => (calls++, Promise.reject(error))));
      expect(calls).to.equal(2);
      expect(renewals).to.deep.equal([server.current, server.current]);
    }
  });

  it("reports that the server is unreachable when no answer arrives", async () => {
    const silence = new DOMException("The operation was aborted due to timeout", "TimeoutError");
    const fault = await rejection(call(server, "reading pod shop/db-0", throwing(silence)));
    expect(fault).to.deep.include({
      kind: "unreachable",
      message:
        "reading pod shop/db-0: no answer from the API server at https://10.0.0.1:6443: The operation was aborted due to timeout",
    });
  });

  for (const code of [410, 429, 500, 502, 503, 504])
    it(`is repeated when the answer is HTTP ${code}`, async () => {
      let calls = 0;
      expect(
        await call(server, "x", () => (++calls === 1 ? Promise.reject(answered(code)) : Promise.resolve(7))),
      ).to.equal(7);
      expect(calls).to.equal(2);
    });

  it("reports that the server is unreachable, and every known cause, when the failure persists", async () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED 10.0.0.1:6443"), { code: "ECONNREFUSED" });
    const fault = await rejection(
      call(server, "reading pod shop/db-0", throwing(new TypeError("fetch failed", { cause: refused }))),
    );
    expect(fault).to.deep.include({
      kind: "unreachable",
      message:
        "reading pod shop/db-0: no answer from the API server at https://10.0.0.1:6443: fetch failed: connect ECONNREFUSED 10.0.0.1:6443",
    });
  });

  it("doesn't show the credentials in the client's error", async () => {
    const error = Object.assign(answered(422, { message: "bad" }), { headers: { authorization: "Bearer hunter2" } });
    expect((await rejection(call(server, "x", throwing(error)))).message).to.not.include("hunter2");
  });
});

describe("finding an object", () => {
  it("returns undefined when the API server says that the object doesn't exist", async () =>
    expect(await find(server, "x", throwing(answered(404, { details: { name: "db-0", kind: "pods" } })))).to.equal(
      undefined,
    ));

  it("never returns undefined when the kind is unknown or access is denied", async () => {
    expect(await rejection(find(server, "x", throwing(answered(404))))).to.have.property("kind", "notInstalled");
    expect(await rejection(find(server, "x", throwing(answered(403))))).to.have.property("kind", "forbidden");
  });
});
