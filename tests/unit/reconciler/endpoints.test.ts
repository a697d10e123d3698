import { expect } from "chai";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { serveEndpoints } from "../../../provider/reconciler/endpoints.ts";
import { makeMetrics } from "../../../provider/reconciler/metrics.ts";

describe("the reconciler's endpoints", () => {
  it("close silent connections, and answer others in the meantime", async () => {
    const metrics = makeMetrics();
    // More than a busy machine may hold up this process, which is also the client that isn't silent.
    const silenceMilliseconds = 3000;
    const server = serveEndpoints({ port: 0, metrics, complaint: () => undefined, silenceMilliseconds });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const silent = Array.from({ length: 200 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
      const half = connect(port, "127.0.0.1", () => half.write("GET /metrics HTTP/1.1\r\nhost: a\r\n"));
      const ended = [...silent, half].map((socket) => once(socket.resume(), "close"));
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).to.equal(200);
      await Promise.all(ended);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it("render metrics once for all who ask within a second", async () => {
    const metrics = makeMetrics();
    let rendered = 0;
    const counting = { ...metrics, render: () => (rendered++, metrics.render()) };
    const server = serveEndpoints({ port: 0, metrics: counting, complaint: () => undefined });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const began = performance.now();
      const asks = Array.from({ length: 200 }, () => fetch(`http://127.0.0.1:${port}/metrics`));
      for (const answer of await Promise.all(asks)) expect(await answer.text()).to.contain("vnic_leading 0");
      expect(rendered).to.be.at.most(1 + Math.ceil((performance.now() - began) / 1000));
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
