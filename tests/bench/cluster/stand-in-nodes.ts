import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Watched } from "../../../provider/cluster/cluster.ts";
import { annotations as keys, systemNamespace } from "../../../provider/model/names.ts";
import { FakeAttachment } from "../../fakes/attachment.ts";
import { type Delays, NodeWork, type Standing } from "./node-work.ts";
import type { Rest } from "./rest.ts";

/** The parts of a session's Job that are needed to start it. */
export interface JobObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: object;
    };
  };
}

/** Channels of the attach protocol: the first byte of each message. */
const channel = { stdin: 0, stdout: 1 } as const;

interface SessionPod {
  readonly node: string;
  readonly startedAt: number;
}

/**
 * The kubelets of all nodes in one server, and the Job controller. The API server connects attach requests to it, as to a
 * kubelet. It leaves out the containers themselves and what they do in the kernel; each of these takes a fixed time.
 */
export class StandInNodes {
  /** Sessions that are open now, and the most that were open at once. */
  open = 0;
  mostOpen = 0;
  private readonly delays: Delays;
  private readonly server: Server;
  private readonly nodes = new Map<string, NodeWork>();
  private readonly pods = new Map<string, SessionPod>();
  private readonly seen = new Set<string>();
  private rest: Rest | undefined;

  private constructor(server: Server, delays: Delays) {
    this.server = server;
    this.delays = delays;
    const sockets = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket: Duplex, head) => {
      // /attach/<namespace>/<pod>/<container>
      const [, , , pod = ""] = (request.url ?? "").split("?")[0]?.split("/") ?? [];
      const session = this.pods.get(pod);
      if (!session || performance.now() < session.startedAt + delays.start)
        return void socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
      sockets.handleUpgrade(request, socket, head, (connected) => this.serve(connected, this.nodeOf(session.node)));
    });
  }

  /** Starts the server with a key and a certificate, which API servers don't check unless they are told to. */
  static async start(delays: Delays, files: { readonly key: string; readonly certificate: string }) {
    const [key, cert] = await Promise.all([readFile(files.key), readFile(files.certificate)]);
    const server = createServer({ key, cert });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new StandInNodes(server, delays);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Says which Vnics are on a node at the beginning. */
  put(node: string, standing: readonly Standing[]): void {
    this.nodes.set(node, new NodeWork(this.delays, standing));
  }

  /** Makes a pod for each Job from now on, and removes it with the Job. */
  follow(jobs: Watched<JobObject>, rest: Rest): void {
    this.rest = rest;
    jobs.onChange((job) => void this.startJob(job));
    jobs.onGone((job) => void this.endJob(job));
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async startJob({ metadata: { name, uid, annotations }, spec: { template } }: JobObject): Promise<void> {
    const node = annotations?.[keys.node];
    if (node === undefined || this.seen.has(uid)) return;
    this.seen.add(uid);
    const pod = podOf(name);
    const body = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: pod, labels: { ...template.metadata.labels, "batch.kubernetes.io/job-name": name } },
      spec: template.spec,
    };
    // The Job may be gone again.
    await this.rest?.send("POST", `/api/v1/namespaces/${systemNamespace}/pods`, body, [409]);
    this.pods.set(pod, { node, startedAt: performance.now() });
  }

  private async endJob({ metadata: { name } }: JobObject): Promise<void> {
    const pod = podOf(name);
    this.pods.delete(pod);
    const path = `/api/v1/namespaces/${systemNamespace}/pods/${pod}?gracePeriodSeconds=0`;
    await this.rest?.send("DELETE", path, undefined, [404]);
  }

  private nodeOf(name: string): NodeWork {
    const node = this.nodes.get(name) ?? new NodeWork(this.delays);
    this.nodes.set(name, node);
    return node;
  }

  private serve(socket: WebSocket, node: NodeWork): void {
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    const side = node.session();
    const stdin = new FakeAttachment((request, self) => void side.serve(request, self));
    stdin.onOutput((chunk) => socket.send(Buffer.concat([Buffer.of(channel.stdout), chunk])));
    socket.on("message", (data: Buffer) => {
      if (data[0] === channel.stdin) stdin.write(data.subarray(1).toString("utf8"));
    });
    socket.on("error", () => undefined);
    socket.once("close", () => this.open--);
  }
}

function podOf(job: string): string {
  return `${job}-pod`;
}
