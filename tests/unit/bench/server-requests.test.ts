import { expect } from "chai";
import { difference, parseRequests } from "../../bench/server-requests.ts";

const metrics = `# TYPE apiserver_request_total counter
apiserver_request_total{code="200",component="apiserver",dry_run="",group="pulumi-vnic.dev",resource="vnics",scope="resource",subresource="status",verb="PATCH",version="v1alpha1"} 7
apiserver_request_total{code="409",component="apiserver",dry_run="",group="pulumi-vnic.dev",resource="vnics",scope="resource",subresource="status",verb="PATCH",version="v1alpha1"} 1
apiserver_request_total{code="0",component="apiserver",dry_run="",group="",resource="pods",scope="cluster",subresource="",verb="WATCH",version="v1"} 3
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="secrets",scope="cluster",subresource="",verb="LIST",version="v1"} 3
`;

describe("the API server's count of requests", () => {
  it("has the sum of all codes of a kind, and no watches", () => {
    expect(parseRequests(metrics)).to.deep.equal({ "PATCH vnics/status": 8 });
  });

  it("is compared with the one before", () => {
    expect(
      difference({ "GET pods": 2, "LIST pods": 1 }, { "GET pods": 5, "LIST pods": 1, "POST jobs": 3 }),
    ).to.deep.equal({
      "GET pods": 3,
      "POST jobs": 3,
    });
  });
});
