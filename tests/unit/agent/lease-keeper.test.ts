import { expect } from "chai";
import { LeaseKeeper } from "../../../provider/agent/lease-keeper.ts";
import { messageOf } from "../../../provider/base/errors.ts";
import type { Lease } from "../../../provider/model/lease/lease.ts";
import type { LeaseSubject } from "../../../provider/model/wire/agent-protocol.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { rejection } from "../../fakes/cluster.ts";
import { FakeDhcpClient } from "../../fakes/dhcp-client.ts";
import { uid } from "../../fakes/objects.ts";

const address = "192.168.50.110/24";
const expired = `the lease of ${address} has expired, and no DHCP server has renewed it`;
const subject: LeaseSubject = {
  uid: uid(1),
  netns: "/var/run/netns/cni-1",
  inode: 1,
  interfaceName: "net1",
  dhcp: { clientId: "ff0102" },
};

/** A keeper with a fake client, and its recorded reports. */
class Setting {
  readonly clock = new FakeClock();
  readonly clients: FakeDhcpClient[] = [];
  /** At each reported change: the second, and the expiry of the lease or the reason of its loss. */
  readonly reports: [second: number, what: string | undefined][] = [];
  readonly log: string[] = [];
  readonly carried: string[] = [];
  others: () => Promise<string[]> = async () => [];
  carry: () => Promise<void> = async () => undefined;
  refusal: string | undefined;
  readonly keeper: LeaseKeeper;

  constructor(lease?: Lease) {
    const effects = {
      startClient: (...args: ConstructorParameters<typeof FakeDhcpClient>) => {
        const client = new FakeDhcpClient(...args);
        this.clients.push(client);
        return client;
      },
      otherAddresses: () => this.others(),
      refusalOf: () => this.refusal,
      addToNic: async (_: LeaseSubject, carried: Lease) => {
        this.carried.push(carried.address);
        await this.carry();
      },
      changed: (keeper: LeaseKeeper) =>
        void this.reports.push([this.clock.now() / 1000, keeper.lease?.expiresAt ?? keeper.lossReason]),
      log: (_: LeaseSubject, text: string) => void this.log.push(text),
    };
    this.keeper = new LeaseKeeper(subject, effects, lease, this.clock);
  }

  get client(): FakeDhcpClient {
    return this.clients.at(-1)!;
  }

  /** Makes the client report an event, and waits until it was handled. */
  async reportEvent(...args: Parameters<FakeDhcpClient["report"]>): Promise<void> {
    this.client.report(...args);
    await settle();
  }
}

/** The expiry date at the given second of the fake clock. */
const endAt = (second: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + second * 1000).toISOString();

/** A lease of 60 s in the resource file, obtained the given number of seconds ago. */
const remembered = (secondsAgo: number): Lease => ({
  ...{ address, server: "192.168.50.1", leaseSeconds: 60, renewSeconds: 30, rebindSeconds: 52 },
  obtainedAt: endAt(-secondsAgo),
  expiresAt: endAt(60 - secondsAgo),
});

describe("a lease", () => {
  let setting: Setting;
  beforeEach(() => {
    setting = new Setting();
  });

  it("is what the client was given, for all callers", async () => {
    const [one, other] = [setting.keeper.acquire(), setting.keeper.acquire()];
    await setting.reportEvent("bound");
    expect(await one).to.deep.include({ address, leaseSeconds: 60, expiresAt: endAt(60) });
    expect(await other).to.equal(await one);
    expect(await setting.keeper.acquire(), "asked for again").to.equal(await one);
    expect(setting.clients).to.have.length(1);
  });

  it("is refused after 12 s without an answer from a server, and taken when one answers later", async () => {
    const refusal = rejection(setting.keeper.acquire());
    await setting.clock.advance(12);
    expect(messageOf(await refusal)).to.equal("no DHCP server has given an address within 12 s");
    await setting.reportEvent("bound");
    expect(setting.reports).to.deep.equal([[12, endAt(72)]]);
    expect(setting.keeper.lease).to.deep.include({ address });
  });

  it("ends when its time is over, and each renewal extends it", async () => {
    await setting.reportEvent("bound");
    await setting.clock.advance(30);
    await setting.reportEvent("renew");
    await setting.clock.advance(59.9);
    expect(setting.keeper.lease).to.deep.include({ address, expiresAt: endAt(90) });
    await setting.clock.advance(0.1);
    expect(setting.keeper.lease).to.equal(undefined);
    expect(setting.reports).to.deep.equal([
      [0, endAt(60)],
      [30, endAt(90)],
      [90, expired],
    ]);
  });

  it("is kept until it ends while the server is silent and the client gives up", async () => {
    await setting.reportEvent("bound");
    await setting.clock.advance(40);
    await setting.reportEvent("deconfig");
    await setting.clock.advance(19);
    expect(setting.keeper.lease).to.deep.include({ address });
    await setting.reportEvent("bound");
    await setting.clock.advance(59);
    expect(setting.keeper.lease).to.deep.include({ address });
  });

  it("can be obtained again after it ended, and lost again", async () => {
    await setting.reportEvent("bound");
    await setting.clock.advance(100);
    await setting.reportEvent("bound");
    await setting.clock.advance(100);
    expect(setting.reports).to.deep.equal([
      [0, endAt(60)],
      [60, expired],
      [100, endAt(160)],
      [160, expired],
    ]);
  });

  it("is requested from all servers at T2, unless it was renewed before", async () => {
    await setting.reportEvent("bound");
    await setting.clock.advance(51.9);
    expect(setting.client.signals).to.deep.equal([]);
    await setting.clock.advance(0.1);
    expect(setting.client.signals).to.deep.equal(["SIGUSR1"]);
    await setting.reportEvent("renew");
    await setting.clock.advance(30);
    await setting.reportEvent("renew");
    await setting.clock.advance(51);
    expect(setting.client.signals).to.deep.equal(["SIGUSR1"]);
  });

  it("is lost at once when the server refuses to renew it, and a new one is obtained", async () => {
    await setting.reportEvent("bound");
    await setting.clock.advance(30);
    await setting.reportEvent("nak");
    await setting.clock.advance(10);
    await setting.reportEvent("bound", { ip: "192.168.50.111" });
    await setting.clock.advance(51);
    expect(setting.reports).to.deep.equal([
      [0, endAt(60)],
      [30, "the DHCP server has refused to renew the lease"],
      [40, endAt(100)],
    ]);
    expect(setting.keeper.lease).to.deep.include({ address: "192.168.50.111/24" });
    expect(setting.client.signals, "none at the first one's T2").to.deep.equal([]);
  });

  it("can't be lost before it was obtained", async () => {
    await setting.reportEvent("nak");
    expect(setting.reports).to.deep.equal([]);
  });

  for (const seconds of [-3600, 3600])
    it(`ends on time when the node's date is changed by ${seconds} s`, async () => {
      await setting.reportEvent("bound");
      setting.clock.setDate(seconds);
      await setting.clock.advance(59);
      expect(setting.keeper.lease).to.deep.include({ address });
      await setting.clock.advance(1);
      expect(setting.keeper.lossReason).to.equal(expired);
    });

  it("isn't taken when its offer is refused, and another client starts after 5 s", async () => {
    setting.others = async () => ["192.168.50.7/32"];
    const refusal = rejection(setting.keeper.acquire());
    await setting.reportEvent("bound");
    expect(await refusal).to.deep.include({ kind: "refused" });
    expect(messageOf(await refusal)).to.match(/^the offer of DHCP server 192.168.50.1 is refused: .*192.168.50.7/);
    expect(setting.client.signals).to.deep.equal(["SIGKILL"]);
    await setting.clock.advance(4.9);
    expect(setting.clients).to.have.length(1);
    await setting.clock.advance(0.1);
    expect(setting.clients).to.have.length(2);
    setting.others = async () => [];
    await setting.reportEvent("bound");
    expect(setting.keeper.lease).to.deep.include({ address });
  });

  it("isn't taken however often it is refused, while clients start ever more rarely, until another is taken", async () => {
    setting.others = async () => ["192.168.50.7/32"];
    const starts: number[] = [];
    for (let round = 0; round < 6; round++) {
      await setting.reportEvent("bound");
      const before = setting.clients.length;
      let seconds = 0;
      for (; setting.clients.length === before; seconds++) await setting.clock.advance(1);
      starts.push(seconds);
    }
    expect(starts).to.deep.equal([5, 10, 20, 40, 60, 60]);
    setting.others = async () => [];
    await setting.reportEvent("bound");
    setting.client.end("ended by exit code 1");
    await setting.clock.advance(5);
    expect(setting.clients).to.have.length(8);
  });

  it("is asked for at once when an injection wants it while a client waits to be started again", async () => {
    setting.others = async () => ["192.168.50.7/32"];
    await setting.reportEvent("bound");
    setting.others = async () => [];
    const acquired = setting.keeper.acquire();
    expect(setting.clients).to.have.length(2);
    await setting.reportEvent("bound");
    expect(await acquired).to.deep.include({ address });
    await setting.clock.advance(10);
    expect(setting.clients).to.have.length(2);
  });

  it("isn't taken when it has the node's own address or can't be read", async () => {
    setting.refusal = "192.168.50.110 is the node's own, on eth1";
    const first = rejection(setting.keeper.acquire());
    await setting.reportEvent("bound");
    expect(messageOf(await first)).to.match(/^the offer of DHCP server .* is refused: .* is the node's own, on eth1$/);
    expect(setting.client.signals).to.deep.equal(["SIGKILL"]);
    const second = rejection(setting.keeper.acquire());
    await setting.reportEvent("unreadable");
    expect(messageOf(await second)).to.match(/is refused: it is longer than an offer may be$/);
    expect(setting.keeper.lease).to.equal(undefined);
  });

  it("isn't taken when its subnet overlaps a network that the cluster has got meanwhile, and the client goes on", async () => {
    const follower = { ...subject, dhcp: { ...subject.dhcp, clusterNetworks: ["192.168.48.0/20"] } };
    expect(setting.keeper.isFor(follower)).to.equal(true);
    setting.keeper.follow(follower);
    expect(setting.client.signals).to.deep.equal([]);
    const refusal = rejection(setting.keeper.acquire());
    await setting.reportEvent("bound");
    expect(messageOf(await refusal)).to.match(/overlaps 192\.168\.48\.0\/20 of the cluster/);
    setting.keeper.follow(subject);
    expect(setting.keeper.subject).to.deep.equal(subject);
    await setting.reportEvent("bound");
    expect(setting.keeper.lease).to.deep.include({ address });
  });

  it("is kept when its client ends, and another client requests its address", async () => {
    await setting.reportEvent("bound");
    await setting.clock.advance(10);
    setting.client.end("udhcpc ended by exit code 1");
    await setting.clock.advance(5);
    expect(setting.log).to.deep.equal(["the DHCP client has ended: udhcpc ended by exit code 1"]);
    expect(setting.clients.map(({ asked }) => asked)).to.deep.equal([undefined, address]);
    await setting.clock.advance(44);
    expect(setting.keeper.lease).to.deep.include({ address });
    await setting.clock.advance(1);
    expect(setting.reports.at(-1)).to.deep.equal([60, expired]);
  });

  it("ends on time while no client can be started", async () => {
    await setting.reportEvent("bound");
    for (let second = 0; second < 60; second++) {
      setting.client.end("running nsenter: spawn nsenter EAGAIN");
      await setting.clock.advance(1);
    }
    expect(setting.keeper.lossReason).to.equal(expired);
    expect(setting.clients.length).to.be.within(10, 14);
  });

  it("follows the order of the client's events, however long the check of each takes", async () => {
    const gates: (() => void)[] = [];
    setting.others = () => new Promise((resolve) => gates.push(() => resolve([])));
    setting.client.report("bound");
    setting.client.report("nak");
    setting.client.report("bound", { ip: "192.168.50.112" });
    for (let turn = 0; turn < 3; turn++) {
      await settle();
      gates.shift()?.();
    }
    await settle();
    expect(setting.reports.map(([, what]) => what)).to.deep.equal([
      endAt(60),
      "the DHCP server has refused to renew the lease",
      endAt(60),
    ]);
    expect(setting.keeper.lease).to.deep.include({ address: "192.168.50.112/24" });
  });

  it("can be taken at the next event when looking into the pod failed", async () => {
    setting.others = () => Promise.reject(new Error("nsenter: no such file"));
    await setting.reportEvent("bound");
    expect(setting.log).to.deep.equal(["nsenter: no such file"]);
    setting.others = async () => [];
    await setting.reportEvent("renew");
    expect(setting.keeper.lease).to.deep.include({ address });
  });
});

describe("a lease from the resource file", () => {
  const cases: [what: string, secondsAgo: number, endsAfter: number, asksAllAfter: number | undefined][] = [
    ["ends when it would have ended without a restart", 20, 40, 32],
    ["ends at once when its time is already over", 100, 0, undefined],
    ["isn't requested from all servers after T2, as a new client does that by itself", 55, 5, undefined],
    ["lasts no longer than its full duration when the date was set back", -3600, 60, 52],
  ];
  for (const [what, secondsAgo, endsAfter, asksAllAfter] of cases)
    it(what, async () => {
      const setting = new Setting(remembered(secondsAgo));
      expect(setting.client.asked).to.equal(address);
      await setting.clock.advance(100);
      expect(setting.reports).to.deep.equal([[endsAfter, expired]]);
      expect(setting.client.signals).to.deep.equal(asksAllAfter === undefined ? [] : ["SIGUSR1"]);
    });

  it("is given at once, and continues when the client has obtained it again", async () => {
    const setting = new Setting(remembered(20));
    expect(await setting.keeper.acquire()).to.deep.include({ address });
    await setting.clock.advance(1);
    await setting.reportEvent("bound");
    await setting.clock.advance(59);
    expect(setting.keeper.lease).to.deep.include({ address, expiresAt: endAt(61) });
  });

  it("is released from its own address, once the client has obtained it again", async () => {
    const setting = new Setting(remembered(20));
    const stopped = setting.keeper.stop({ release: true });
    await setting.clock.advance(3);
    expect(setting.client.signals).to.deep.equal([]);
    await setting.reportEvent("bound");
    expect(await stopped).to.equal(true);
    expect(setting.carried).to.deep.equal([address]);
    expect(setting.client.signals).to.deep.equal(["SIGTERM"]);
  });

  it("isn't released when no server answers for 12 s", async () => {
    const setting = new Setting(remembered(20));
    const stopped = setting.keeper.stop({ release: true });
    await setting.clock.advance(12);
    expect(await stopped).to.equal(false);
    expect(setting.carried).to.deep.equal([]);
    expect(setting.clock.pending).to.equal(0);
  });
});

describe("a lease keeper that is stopped", () => {
  let setting: Setting;
  beforeEach(() => {
    setting = new Setting();
  });
  /** Checks that no timer is pending, and that nothing more is reported. */
  const assertQuiet = async () => {
    const { length } = setting.reports;
    expect(setting.clock.pending).to.equal(0);
    await setting.clock.advance(1000);
    expect(setting.reports).to.have.length(length);
    expect(setting.clients).to.have.length(1);
  };

  it("releases its lease", async () => {
    await setting.reportEvent("bound");
    expect(await setting.keeper.stop({ release: true })).to.equal(true);
    expect(setting.client.signals).to.deep.equal(["SIGTERM"]);
    await assertQuiet();
  });

  it("doesn't release its lease when it isn't asked to", async () => {
    await setting.reportEvent("bound");
    expect(await setting.keeper.stop({ release: false })).to.equal(false);
    expect(setting.client.signals).to.deep.equal(["SIGKILL"]);
    await assertQuiet();
  });

  it("kills a client that doesn't end within 2 s", async () => {
    await setting.reportEvent("bound");
    setting.client.ignoresTerm = true;
    const stopped = setting.keeper.stop({ release: true });
    await setting.clock.advance(1.9);
    expect(setting.client.signals).to.deep.equal(["SIGTERM"]);
    await setting.clock.advance(0.1);
    expect(setting.client.signals).to.deep.equal(["SIGTERM", "SIGKILL"]);
    await stopped;
    await assertQuiet();
  });

  it("releases its lease although its address can't be put on the NIC", async () => {
    await setting.reportEvent("bound");
    setting.carry = () => Promise.reject(new Error("ip: no such device"));
    expect(await setting.keeper.stop({ release: true })).to.equal(true);
    expect(setting.log).to.deep.equal(["ip: no such device"]);
  });

  it("rejects callers that wait for a lease", async () => {
    const refusal = rejection(setting.keeper.acquire());
    await setting.keeper.stop({ release: false });
    expect(messageOf(await refusal)).to.equal("the lease was released meanwhile");
    await assertQuiet();
  });

  it("doesn't start another client after the previous one ended", async () => {
    await setting.reportEvent("bound");
    setting.client.end("udhcpc ended by SIGKILL");
    await settle();
    expect(await setting.keeper.stop({ release: false })).to.equal(false);
    await assertQuiet();
  });

  it("doesn't take a lease that it was checking", async () => {
    let open: () => void = () => undefined;
    setting.others = () => new Promise((resolve) => (open = () => resolve([])));
    await setting.reportEvent("bound");
    await setting.keeper.stop({ release: false });
    open();
    await settle();
    expect(setting.keeper.lease).to.equal(undefined);
    await assertQuiet();
  });

  it("ignores later events of its client", async () => {
    await setting.reportEvent("bound");
    await setting.keeper.stop({ release: false });
    await setting.reportEvent("nak");
    expect(setting.reports).to.have.length(1);
  });
});
