import { expect } from "chai";
import { summarizeAudit } from "../../../bench/cluster/audit.ts";

const vnics = "/apis/pulumi-vnic.dev/v1alpha1";
const event = (verb: string, requestURI: string, code = 200, stage = "ResponseComplete") =>
  `${JSON.stringify({ stage, verb, requestURI, responseStatus: { code } })}\n`;

describe("a summary of the API server's audit log", () => {
  it("counts requests by verb and kind, refusals and failures, and watches when they begin", () => {
    const log = [
      event("get", "/api/v1/namespaces/shop/pods/db-0"),
      event("patch", `${vnics}/namespaces/shop/vnics/wire/status?force=true`),
      event("patch", `${vnics}/namespaces/shop/vnics/wire/status?force=true`, 429),
      event("create", `${vnics}/vnicaddresses`, 500),
      event("watch", `${vnics}/vnics?watch=true`, 200, "ResponseStarted"),
      event("watch", `${vnics}/vnics?watch=true`),
    ];
    expect(summarizeAudit(log.join(""))).to.deep.equal({
      kinds: { "GET pods": 1, "PATCH vnics/status": 2, "POST vnicaddresses": 1 },
      requests: 4,
      watches: 1,
      refused: 1,
      failed: 1,
      unlimited: [],
    });
  });

  it("names the lists without a limit", () => {
    const log = event("list", "/api/v1/pods?limit=500") + event("list", "/api/v1/nodes?resourceVersion=0");
    expect(summarizeAudit(log).unlimited).to.deep.equal(["LIST nodes"]);
  });

  it("leaves out a line that isn't complete yet", () => {
    expect(summarizeAudit(`${event("get", "/api/v1/nodes/a")}{"stage":"Resp`).requests).to.equal(1);
  });
});
