import type { LeaseSubject } from "../model/wire/agent-protocol.ts";
import { coalesce } from "../base/coalesce.ts";
import { messageOf, VnicError } from "../base/errors.ts";
import { addAddress } from "../model/link/link-steps.ts";
import { omitUndefined } from "../model/schema/known.ts";
import type { Lease } from "../model/lease/lease.ts";
import type { ResourceFile } from "../model/wire/resource-file.ts";
import { ipBatch, listLinks } from "../node/link.ts";
import { ownLink } from "../node/own-link.ts";
import { tryLock } from "../node/lock.ts";
import { roleOnNode } from "../node/node-addresses.ts";
import { netnsPath } from "../node/netns.ts";
import { readResourceFile } from "../node/resource-file.ts";
import { startDhcpClient } from "./dhcp-client.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { logAbout } from "./log.ts";
import { isPresent, listPresent } from "./present.ts";
import type { Settle } from "./settle-lease.ts";

/**
 * How many leases the agent keeps, and how many of them may be those of one namespace. Each needs a process, which takes
 * about 1 MiB of the agent's memory. Without a limit, one namespace's Vnics could end the agent, and with it the leases
 * of all others on the node.
 */
export interface LeaseLimits {
  readonly all: number;
  readonly ofNamespace: number;
}

const usualLimits: LeaseLimits = { all: 320, ofNamespace: 240 };

/**
 * The leases of a node: one keeper for each Vnic with DHCP whose pod exists. The resource files say which Vnics these
 * are, so it doesn't matter when the agent was started.
 */
export class Leases {
  private readonly keepers = new Map<string, LeaseKeeper>();
  /** The namespaces of the Vnics that have keepers, by UID. */
  private readonly namespaces = new Map<string, string>();
  /** Keepers whose changes haven't reached the NIC, the resource file or the record yet. */
  private readonly unsettled = new Set<LeaseKeeper>();
  /**
   * Keepers whose changes are being written, which aren't retried until that has ended. A further change is applied at
   * once nevertheless: a lost address must not stay on a NIC because the API server is slow to accept a report.
   */
  private readonly settling = new Set<LeaseKeeper>();
  private readonly settle: Settle;
  private readonly limits: LeaseLimits;

  constructor(settle: Settle, limits = usualLimits) {
    this.settle = settle;
    this.limits = limits;
  }

  get size(): number {
    return this.keepers.size;
  }

  async acquire(subject: LeaseSubject): Promise<Lease> {
    const keeper = this.keepers.get(subject.uid);
    if (keeper) return (await this.keeperFor(subject, keeper)).acquire();
    // The Job has written the file, and keeps others from working on the Vnic.
    const namespace = (await readResourceFile(subject.uid))?.vnic.namespace ?? "";
    this.refuseBeyondLimits(namespace);
    return this.keep(subject, undefined, namespace).acquire();
  }

  private refuseBeyondLimits(namespace: string): void {
    const { all, ofNamespace } = this.limits;
    const own = [...this.namespaces.values()].filter((one) => one === namespace).length;
    const remedy = "let the pods of some Vnics run on other nodes, or give these fixed addresses";
    if (own >= ofNamespace)
      throw new VnicError(
        "refused",
        `the node has ${own} leases of namespace ${namespace}, and takes no more; ${remedy}`,
      );
    if (this.namespaces.size >= all)
      throw new VnicError("refused", `the node has ${this.namespaces.size} leases, and takes no more; ${remedy}`);
  }

  /**
   * The keeper for a subject that may have changed. A client is bound to the NIC's name, so a renamed NIC gets another
   * client, which goes on with the lease.
   */
  private async keeperFor(subject: LeaseSubject, keeper: LeaseKeeper): Promise<LeaseKeeper> {
    if (keeper.isFor(subject)) {
      keeper.follow(subject);
      return keeper;
    }
    const lease = keeper.isRenamed(subject) ? keeper.lease : undefined;
    const namespace = this.namespaces.get(subject.uid);
    const stopped = this.stop(subject.uid, { release: false });
    // There is another keeper at once, so that nobody else starts one meanwhile.
    const next = this.keep(subject, lease, namespace);
    await stopped;
    return next;
  }

  async stop(uid: string, how: { release: boolean }): Promise<boolean> {
    const keeper = this.keepers.get(uid) ?? (how.release ? await this.findKept(uid) : undefined);
    if (!keeper) return false;
    this.keepers.delete(uid);
    this.namespaces.delete(uid);
    this.unsettled.delete(keeper);
    return keeper.stop(how);
  }

  /** Starts and stops keepers to match the resource files, and retries writes that failed. */
  async refresh(): Promise<void> {
    const before = [...this.keepers];
    const files = new Map<string, ResourceFile>();
    for (const file of await listPresent()) if (file.definition.dhcp) files.set(file.vnic.uid, file);
    for (const [uid, keeper] of before) {
      const file = files.get(uid);
      if (this.keepers.get(uid) !== keeper) continue;
      if (file && keeper.isRenamed(subjectOf(file))) await this.keeperFor(subjectOf(file), keeper);
      else if (!file || !keeper.isFor(subjectOf(file))) await this.stop(uid, { release: false });
      else keeper.follow(subjectOf(file));
    }
    for (const uid of files.keys()) if (!this.keepers.has(uid)) await tryLock(uid, () => this.resume(uid));
    for (const keeper of this.unsettled) if (!this.settling.has(keeper)) void this.settleUntilCurrent(keeper);
  }

  /**
   * Starts a keeper for a lease of a former agent. Runs only while no Job works on the Vnic, because a Job may be about
   * to release the lease in the file.
   */
  private async resume(uid: string): Promise<void> {
    const file = await readResourceFile(uid);
    if (file?.definition.dhcp && isNamed(file) && !this.keepers.has(uid))
      this.keep(subjectOf(file), file.lease, file.vnic.namespace);
  }

  /**
   * Creates a keeper for a lease of a former agent while a Job works on the Vnic; this keeper can only release the
   * lease.
   */
  private async findKept(uid: string): Promise<LeaseKeeper | undefined> {
    const file = await readResourceFile(uid);
    const kept = file?.definition.dhcp && file.lease && isNamed(file) && (await isPresent(file));
    return kept ? this.keep(subjectOf(file), file.lease, file.vnic.namespace) : undefined;
  }

  private keep(subject: LeaseSubject, lease: Lease | undefined, namespace = ""): LeaseKeeper {
    const effects = {
      startClient: startDhcpClient,
      otherAddresses: foreignAddresses,
      addToNic,
      refusalOf: ({ address }: Lease) => roleOnNode(address),
      changed: (changed: LeaseKeeper) => {
        this.unsettled.add(changed);
        void this.settleUntilCurrent(changed);
      },
      log: logAbout,
    };
    const keeper = new LeaseKeeper(subject, effects, lease);
    this.keepers.set(subject.uid, keeper);
    this.namespaces.set(subject.uid, namespace);
    return keeper;
  }

  /**
   * Writes the keeper's lease to the NIC, the resource file and the record; repeats that if the lease has changed in
   * the meantime.
   */
  private async settleUntilCurrent(keeper: LeaseKeeper): Promise<void> {
    this.settling.add(keeper);
    try {
      let settled: Lease | undefined;
      do {
        settled = keeper.lease;
        if (!(await this.settle(keeper))) return;
        // The lease may have changed while it was written.
      } while (keeper.lease !== settled);
      this.unsettled.delete(keeper);
    } catch (error) {
      logAbout(keeper.subject, messageOf(error));
    } finally {
      this.settling.delete(keeper);
    }
  }
}

function subjectOf({ vnic, association, definition, lease }: ResourceFile): LeaseSubject {
  const { netns, inode } = association;
  if (!definition.dhcp) throw new Error(`Vnic ${vnic.uid} has no DHCP`);
  return {
    uid: vnic.uid,
    netns,
    inode,
    interfaceName: definition.interfaceName,
    dhcp: definition.dhcp,
    ...(lease ? { address: lease.address } : {}),
    ...omitUndefined({ duplicateAddressDetection: definition.duplicateAddressDetection }),
  };
}

/** Whether the link can already have its final name in the pod. */
function isNamed({ step }: ResourceFile): boolean {
  return step === "leasing" || step === "attached";
}

async function addToNic(subject: LeaseSubject, { address }: Lease): Promise<void> {
  const netns = { path: netnsPath(subject.netns) };
  const live = ownLink(await listLinks(netns), subject.uid);
  if (live && !live.addresses.includes(address)) await ipBatch(netns, [addAddress(address, live.name)]);
}

/** Reads each pod's links for one lease at a time, as a pod may have many of both. */
const listLinksTogether = coalesce(listLinks);

/** The addresses of the pod's other links, except the loopback. */
async function foreignAddresses({ uid, netns }: LeaseSubject): Promise<string[]> {
  const links = await listLinksTogether({ path: netnsPath(netns) });
  const own = ownLink(links, uid);
  return links.filter((link) => link !== own && link.name !== "lo").flatMap(({ addresses }) => addresses);
}
