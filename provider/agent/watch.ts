import { familyOf } from "../base/address.ts";
import type { Rival, Trouble } from "../model/vnic/agent-status.ts";
import { type Clock, realClock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { Slots } from "../node/fair-slots.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import { type Link, listLinks } from "../node/link.ts";
import { ownLink, knownLinkOf } from "../node/own-link.ts";
import { tryLock } from "../node/lock.ts";
import { netnsPath } from "../node/netns.ts";
import { findRival } from "../node/probe.ts";
import { readResourceFile } from "../node/resource-file.ts";
import { findTrouble, parentOf } from "./network-path.ts";
import { logAbout } from "./log.ts";
import { isPresent, listPresent } from "./present.ts";

/** Receives the findings of the watch. Each function throws if it can't report now; the watch then tries again. */
export interface Reports {
  connection(file: ResourceFile, trouble: Trouble | undefined): Promise<void>;
  uniqueness(file: ResourceFile, rival: Rival | undefined): Promise<void>;
  /** The resource file is gone, although the NIC is still in the pod. */
  lost(file: ResourceFile): Promise<void>;
}

/**
 * Interval between checks inside a pod and for other hosts with its addresses. The node's own links are checked at
 * every poll.
 */
const fullCheckMilliseconds = 60_000;

/** How many pods are checked at once. */
const concurrentChecks = 8;

/**
 * After a check, a pod rests for this many times as long as its links took to be read. A pod can have so many links that
 * reading them takes seconds for each of its Vnics, and others must be checked, too.
 */
const restFactor = 9;

/** The state of the checks of one Vnic. */
interface CheckState {
  readonly file: ResourceFile;
  parentIndex: number | undefined;
  /** Whether the parent was replaced since the NIC disappeared. */
  isParentReplaced: boolean;
  nic: Link | undefined;
  fullCheckAt: number;
  /** The connection status that was reported last; undefined if the record's content is unknown. */
  connection: string | undefined;
  uniqueness: string | undefined;
}

/**
 * Checks the attached Vnics of a node: whether their parents are up, whether they are in their pods, and whether
 * another host uses their addresses. It only reports, and changes nothing.
 */
export class Watch {
  private readonly seen = new Map<string, CheckState>();
  private readonly reports: Reports;
  private readonly clock: Clock;
  /** UIDs of pods that are being checked. */
  private readonly busy = new Set<string>();
  /** Until when pods rest, by UID. */
  private readonly restsUntil = new Map<string, number>();
  private readonly slots = new Slots(concurrentChecks);

  constructor(reports: Reports, clock = realClock) {
    this.reports = reports;
    this.clock = clock;
  }

  /**
   * Starts a check of each pod. A slow check doesn't delay the others; its pod is skipped until the check has ended.
   *
   * @returns `ended` resolves when these checks have ended.
   */
  async check(): Promise<{ readonly ended: Promise<unknown> }> {
    const files = (await listPresent()).filter(({ step }) => step === "attached");
    const uids = new Set(files.map(({ vnic }) => vnic.uid));
    const gone = [...this.seen].filter(([uid]) => !uids.has(uid));
    await Promise.all(gone.map(([uid, { file }]) => this.forget(uid, file)));
    if (files.length === 0) return { ended: Promise.resolve() };
    const nodeLinks = await listLinks("node");
    const pods = [...Map.groupBy(files, ({ association }) => association.pod.uid)];
    const now = this.clock.now();
    for (const [pod, until] of this.restsUntil) if (until <= now) this.restsUntil.delete(pod);
    const checks = pods
      .filter(([pod]) => !this.busy.has(pod) && !this.restsUntil.has(pod))
      .map(([pod, its]) => {
        this.busy.add(pod);
        return this.slots
          .use(its[0]?.vnic.namespace ?? "", () => this.checkAll(its, nodeLinks))
          .finally(() => this.busy.delete(pod));
      });
    return { ended: Promise.all(checks) };
  }

  /** Forgets a Vnic whose resource file is gone. Reports it as lost if its NIC is still in the pod. */
  private async forget(uid: string, file: ResourceFile): Promise<void> {
    try {
      const lost = (await isPresent(file)) && (await tryLock(uid, () => isLost(file)));
      if (lost === "busy") return;
      if (lost) await this.reports.lost(file);
      this.seen.delete(uid);
    } catch (error) {
      logFailure(file, error);
    }
  }

  private async checkAll(files: readonly ResourceFile[], nodeLinks: readonly Link[]): Promise<void> {
    const pod = files[0]?.association.pod.uid ?? "";
    let reading = 0;
    const find = async (file: ResourceFile) => {
      const began = this.clock.now();
      return findNic(file).finally(() => (reading += this.clock.now() - began));
    };
    for (const file of files)
      await this.checkOne(file, nodeLinks, find).catch((error: unknown) => logFailure(file, error));
    if (reading > 0) this.restsUntil.set(pod, this.clock.now() + restFactor * reading);
  }

  private async checkOne(file: ResourceFile, nodeLinks: readonly Link[], find: typeof findNic): Promise<void> {
    const parentIndex = parentOf(file.definition, nodeLinks)?.index;
    const before = this.seen.get(file.vnic.uid) ?? this.initialState(file, parentIndex);
    const isDue = this.clock.now() >= before.fullCheckAt;
    const isOther = parentIndex !== before.parentIndex;
    const mayStay = file.definition.network.mode !== "host-device" && !isDue && !isOther;
    const nic = mayStay && before.nic ? before.nic : await find(file);
    if (nic === "busy") return;
    const isReplaced =
      before.isParentReplaced || (isOther && parentIndex !== undefined && before.parentIndex !== undefined);
    const seen = {
      ...before,
      file,
      parentIndex: parentIndex ?? before.parentIndex,
      isParentReplaced: !nic && isReplaced,
      nic,
    };
    this.seen.set(file.vnic.uid, seen);
    const trouble = findTrouble(file, { nodeLinks, ...seen });
    const connection = trouble ? [file.updatedAt, trouble.reason, trouble.message].join("\n") : "";
    if (seen.connection !== connection) {
      await this.reports.connection(file, trouble);
      seen.connection = connection;
    }
    if (!isDue) return;
    seen.fullCheckAt = this.clock.now() + fullCheckMilliseconds;
    if (nic && !trouble && file.definition.duplicateAddressDetection !== false)
      await this.checkForRival(file, nic, seen);
  }

  private async checkForRival(file: ResourceFile, { name, mac, addresses }: Link, seen: CheckState): Promise<void> {
    const netns = { path: netnsPath(file.association.netns) };
    // The pod may have added any number of addresses. For an IPv6 address that the node itself has, the kernel doesn't
    // show which other host answers.
    const own = new Set([...file.definition.addresses, ...(file.lease ? [file.lease.address] : [])]);
    const asked = addresses.filter((address) => own.has(address) && familyOf(address) === 4);
    const rival = await findRival(netns, file.vnic.namespace, name, mac, asked);
    const uniqueness = rival ? [file.updatedAt, rival.host, rival.mac].join("\n") : "";
    if (seen.uniqueness === uniqueness) return;
    await this.reports.uniqueness(file, rival);
    seen.uniqueness = uniqueness;
  }

  /**
   * The state before the first check of a Vnic. The first probe can wait, because the addresses were probed when the
   * Vnic was injected, or recently by a former agent.
   */
  private initialState(file: ResourceFile, parentIndex: number | undefined): CheckState {
    const unknown = { nic: undefined, connection: undefined, uniqueness: undefined };
    const fullCheckAt = this.clock.now() + fullCheckMilliseconds;
    return { file, parentIndex, isParentReplaced: false, fullCheckAt, ...unknown };
  }
}

/**
 * Whether the Vnic's link is in its pod without a resource file. This isn't an ejection, which removes the link before
 * the file.
 */
async function isLost(file: ResourceFile): Promise<boolean> {
  if (await readResourceFile(file.vnic.uid)) return false;
  return (await linkInPod(file)) !== undefined;
}

/** Finds the Vnic's link in its pod, or returns `busy` while a Job works on it and may have moved it. */
async function findNic({ vnic: { uid } }: ResourceFile): Promise<Link | undefined | "busy"> {
  return tryLock(uid, async () => {
    const file = await readResourceFile(uid);
    if (file?.step !== "attached") return "busy";
    return linkInPod(file);
  });
}

async function linkInPod(file: ResourceFile): Promise<Link | undefined> {
  const links = await listLinks({ path: netnsPath(file.association.netns) });
  return ownLink(links, file.vnic.uid, knownLinkOf(file, file.association));
}

function logFailure({ vnic, definition, association }: ResourceFile, error: unknown): void {
  logAbout({ uid: vnic.uid, ...definition, ...association }, `checking its NIC: ${messageOf(error)}`);
}
