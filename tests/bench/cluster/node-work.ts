import { setTimeout as sleep } from "node:timers/promises";
import { FakeNodeSide } from "../../fakes/node-side.ts";
import type { InjectPlan, ObserveResult, Request } from "../../../provider/model/wire/session-protocol.ts";

/** How long a node takes, in milliseconds, as measured on the lab. */
export interface Delays {
  /** From the creation of a Job's pod until its container answers. */
  readonly start: number;
  readonly inject: number;
  readonly eject: number;
  readonly observe: number;
  readonly list: number;
}

type Vnic = InjectPlan["vnic"];

/** A Vnic on a node. */
export interface Standing {
  readonly vnic: Vnic;
  readonly podUid: string;
  readonly live: NonNullable<ObserveResult["interface"]>;
}

/** The Vnics of one node. What is done there takes its time, one thing after the other. */
export class NodeWork {
  readonly vnics = new Map<string, Standing>();
  private readonly delays: Delays;
  private last: Promise<unknown> = Promise.resolve();

  constructor(delays: Delays, standing: readonly Standing[] = []) {
    this.delays = delays;
    for (const one of standing) this.vnics.set(one.vnic.uid, one);
  }

  /** A node side for one session, which answers as the real one, but changes nothing in a kernel. */
  session(): FakeNodeSide {
    const side = new FakeNodeSide();
    side.inject = (request) => this.after("inject", () => this.inject(request));
    side.eject = (request) => this.after("eject", () => this.eject(request));
    side.observe = (request) => this.after("observe", () => this.observe(request));
    side.list = () => this.after("list", () => ({ vnics: [...this.vnics.values()].map(({ vnic }) => vnic) }));
    return side;
  }

  private after<T>(what: keyof Delays, result: () => T): Promise<T> {
    const turn = this.last.then(() => sleep(this.delays[what])).then(result);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private inject(request: Request) {
    if (request.verb !== "inject") throw new Error("it isn't an injection");
    const { vnic, pod, interfaceName: name, mac, addresses, mtu = 1500 } = request.plan;
    const live = { name, mac, mtu, addresses: [...addresses], up: true };
    this.vnics.set(vnic.uid, { vnic, podUid: pod.uid, live });
    const { namespace, name: podName, uid } = pod;
    return {
      interface: live,
      association: {
        pod: { namespace, name: podName, uid },
        sandboxId: sandboxOf(pod.containerId),
        netns: `cni-${uid}`,
        inode: 4_026_532_001,
      },
      steps: [{ step: "creating", milliseconds: this.delays.inject }],
    };
  }

  private eject(request: Request) {
    const removed = request.verb === "eject" && this.vnics.delete(request.plan.vnic.uid);
    return { removed, resourceFile: removed, steps: [] };
  }

  private observe(request: Request) {
    if (request.verb !== "observe") throw new Error("it isn't an observation");
    const { vnic, pod } = request.plan;
    const standing = this.vnics.get(vnic.uid);
    const isThere = standing?.podUid === pod.uid;
    return {
      ...(isThere ? { interface: standing.live, decidedMtu: standing.live.mtu } : {}),
      sandboxId: sandboxOf(pod.containerId),
      resourceFile: isThere,
    };
  }
}

function sandboxOf(containerId: string): string {
  return containerId.replace(/^.*:\/\//, "");
}
