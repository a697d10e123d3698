import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { type WebSocket, WebSocketServer } from "ws";
import { openAttachment } from "../../../provider/cluster/attach.ts";
import type { Attachment } from "../../../provider/cluster/cluster.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { rejection } from "../../fakes/cluster.ts";
import { until } from "../../lab/run.ts";

const protocol = "v4.channel.k8s.io";

describe("an attachment to a container", () => {
  let clock: FakeClock;
  let sockets: WebSocketServer;
  let requests: IncomingMessage[];
  /** The statuses with which the server refuses the next requests, and the seconds after which it wants to be asked again. */
  let refusals: (number | { readonly code: number; readonly retryAfter: number })[];
  let [renewals, overloads] = [0, 0];
  const server = createServer();

  before(async () => {
    server.on("upgrade", (request, socket, head) => {
      requests.push(request);
      const refusal = refusals.shift();
      const [code, after] = typeof refusal === "object" ? [refusal.code, refusal.retryAfter] : [refusal];
      const header = after === undefined ? "" : `Retry-After: ${after}\r\n`;
      if (code !== undefined)
        socket.end(`HTTP/1.1 ${code} No\r\n${header}Connection: close\r\nContent-Length: 0\r\n\r\n`);
      else sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  after(() => void server.close());
  beforeEach(() => {
    clock = new FakeClock();
    [requests, refusals, renewals, overloads] = [[], [], 0, 0];
    accept(true);
  });
  afterEach(() => sockets.clients.forEach((socket) => socket.terminate()));

  function accept(autoPong: boolean): void {
    sockets = new WebSocketServer({ noServer: true, autoPong, handleProtocols: () => protocol });
  }

  function attach(): Promise<Attachment | undefined> {
    const connection = {
      server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      current: {},
      renew: () => void renewals++,
      overloaded: () => void overloads++,
      applyToSocket: async (options: { headers?: unknown }) => {
        options.headers = { Authorization: `Bearer ${renewals}` };
      },
    };
    return openAttachment(connection, "vnic-system", "job-1", "main", clock);
  }

  /** An attachment, the server's end of it, what it has shown, and why it ended. */
  async function open() {
    const accepted = once(sockets, "connection") as Promise<[WebSocket]>;
    const attachment = await attach();
    const [peer] = await accepted;
    if (!attachment) throw new Error("it isn't open");
    let shown = "";
    attachment.onOutput((chunk) => (shown += chunk.toString()));
    const ended = new Promise<string>((resolve) => attachment.onClose(resolve));
    return { attachment, peer, ended, shown: () => shown };
  }

  const frame = (channel: number, text: string) => Buffer.concat([Buffer.of(channel), Buffer.from(text)]);

  it("carries stdin and stdout, and nothing of other channels", async () => {
    const { attachment, peer, ended, shown } = await open();
    expect(requests[0]?.url).to.match(
      /^\/api\/v1\/namespaces\/vnic-system\/pods\/job-1\/attach\?container=main&stdin=true&/,
    );
    attachment.write("plan\n");
    const [received] = (await once(peer, "message")) as [Buffer];
    expect(received).to.deep.equal(frame(0, "plan\n"));
    for (const [channel, text] of [
      [1, "one "],
      [2, "an error"],
      [1, "two"],
    ] as const)
      peer.send(frame(channel, text));
    peer.close();
    expect(await ended).to.equal("the connection was closed");
    expect(shown()).to.equal("one two");
  });

  it("ends with the server's reason", async () => {
    const { peer, ended } = await open();
    peer.send(frame(3, JSON.stringify({ status: "Failure", message: "container main has ended" })));
    peer.close();
    expect(await ended).to.equal("container main has ended");
  });

  it("is closed by a message that is larger than any of the API server's", async () => {
    const { peer, ended, shown } = await open();
    peer.send(frame(1, "x".repeat(2 ** 20)));
    expect(await ended).to.match(/Max payload size exceeded/);
    expect(shown()).to.equal("");
  });

  it("reports its end to whoever asks later", async () => {
    const { attachment, peer, ended } = await open();
    peer.terminate();
    await ended;
    expect(await new Promise<string>((resolve) => attachment.onClose(resolve))).to.be.a("string");
  });

  it("stays open while the other end answers pings", async () => {
    const { peer, attachment, shown } = await open();
    for (let pings = 0; pings < 4; pings++) {
      const pinged = once(peer, "ping");
      await clock.advance(5);
      await pinged;
      // A frame after the answer, so that the answer was read when this has arrived.
      peer.send(frame(1, "."));
      while (shown().length <= pings) await new Promise((resolve) => setImmediate(resolve));
    }
    attachment.close();
    await once(peer, "close");
  });

  it("ends when the other end has answered no ping for 5 s, with that reason and no timer", async () => {
    accept(false);
    const { peer, ended } = await open();
    const pinged = once(peer, "ping");
    await clock.advance(5);
    await pinged;
    await clock.advance(5);
    expect(await ended).to.equal("the other end sent nothing for 10 s");
    expect(clock.pending).to.equal(0);
  });

  it("is tried again with renewed credentials after HTTP 401", async () => {
    refusals = [401];
    const { peer } = await open();
    expect(requests.map(({ headers }) => headers.authorization)).to.deep.equal(["Bearer 0", "Bearer 1"]);
    peer.terminate();
  });

  for (const codes of [[403], [401, 401]])
    it(`is refused with the missing right after HTTP ${codes.join(" and ")}`, async () => {
      refusals = [...codes];
      const error = await rejection(attach());
      expect(error.kind).to.equal("forbidden");
      expect(error.message).to.include(`HTTP ${codes.at(-1)}; grant "get" and "create" on pods/attach in namespace`);
    });

  for (const code of [400, 404, 500, 503])
    it(`is undefined while the container can't be reached, at HTTP ${code}`, async () => {
      refusals = [code];
      expect(await attach()).to.equal(undefined);
      expect(requests).to.have.length(1);
    });

  for (const code of [429, 503])
    it(`is tried again after the time that an overloaded server asks for by HTTP ${code}, and not before`, async () => {
      refusals = Array.from({ length: 2 }, () => ({ code, retryAfter: 7 }));
      const opened = open();
      for (const answered of [1, 2]) {
        await until("the refusal", 30, () => (clock.pending > 0 ? true : undefined));
        expect(requests).to.have.length(answered);
        await clock.advance(6.9);
        expect(clock.pending).to.equal(1);
        await clock.advance(0.1);
      }
      (await opened).peer.terminate();
      expect(requests).to.have.length(3);
    });

  it("is tried again after a while if the overloaded server doesn't say when", async () => {
    refusals = [429];
    const { peer } = await open();
    expect(requests).to.have.length(2);
    expect(overloads).to.equal(1);
    peer.terminate();
  });

  it("fails with the server's answer if the overload lasts", async () => {
    refusals = Array.from({ length: 10 }, () => 429);
    const error = await rejection(attach());
    expect(error.message).to.equal("attaching to pod vnic-system/job-1: HTTP 429: Too Many Requests");
    expect(requests).to.have.length(5);
  });
});
