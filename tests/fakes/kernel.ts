/** A link of a {@link FakeKernel}. */
export interface FakeLink {
  readonly index: number;
  name: string;
  mac: string;
  mtu: number;
  up: boolean;
  alias?: string;
  /** The kind as `ip` calls it, such as veth; undefined for hardware. */
  kind?: string;
  /** Name of the bridge that has this link as a port. */
  master?: string;
  bus?: string;
  /** Index of a veth's other end. */
  peer?: number;
  addresses: string[];
}

/**
 * Simulates the links of a node and of its pods, with the parts of iproute2's output and commands that the node side
 * uses.
 */
export class FakeKernel {
  /** Other hosts on the network: their MACs by address. */
  readonly hosts = new Map<string, string>();
  /** Whether links that are up can be renamed, as with Linux 6.2 and later. */
  renamesLinksThatAreUp = true;
  private readonly places = new Map<string, FakeLink[]>();
  private next = 1;

  /** Adds a network namespace with its loopback: `node`, or the path of a pod's namespace. */
  addPlace(place: string): void {
    this.places.set(place, []);
    this.add(place, { name: "lo", mac: "00:00:00:00:00:00", mtu: 65536 });
  }

  add(place: string, link: Pick<FakeLink, "name" | "mac"> & Partial<FakeLink>): FakeLink {
    const added = { index: this.next++, mtu: 1500, up: true, addresses: [], ...link };
    this.linksOf(place).push(added);
    return added;
  }

  linksOf(place: string): FakeLink[] {
    const links = this.places.get(place);
    if (!links) throw new Error(`Cannot open network namespace "${place}": No such file or directory`);
    return links;
  }

  /** Returns the output of `ip -j -d address show`. */
  show(place: string): string {
    const links = this.linksOf(place);
    const rows = links.map(({ index, name, mac, mtu, up, alias, kind, master, bus, peer, addresses }) => ({
      ...{ ifindex: index, ifname: name, address: mac, mtu },
      flags: up ? ["UP", "LOWER_UP"] : [],
      ...(alias ? { ifalias: alias } : {}),
      ...(master ? { master } : {}),
      ...(bus ? { parentdev: bus } : {}),
      ...(peer === undefined ? {} : { link_index: peer }),
      ...(peer === undefined || links.some((other) => other.index === peer) ? {} : { link_netnsid: 0 }),
      // The parent is on the node.
      ...(kind === "macvlan" && place !== "node" ? { link_netnsid: 0 } : {}),
      linkinfo: {
        ...(kind ? { info_kind: kind } : {}),
        ...(master && up ? { info_slave_data: { state: "forwarding" } } : {}),
      },
      addr_info: addresses.map((cidr) => {
        const [local = "", length] = cidr.split("/");
        return { local, prefixlen: Number(length), scope: "global", family: local.includes(":") ? "inet6" : "inet" };
      }),
    }));
    return JSON.stringify(rows);
  }

  /** Runs one line of `ip -batch`; throws an error with the kernel's message. */
  run(place: string, line: string): void {
    const words = line.split(" ");
    const [object, verb, ...rest] = words;
    if (object === "link" && verb === "add") return this.addLink(place, rest);
    if (object === "link" && verb === "set") return this.setLink(place, rest);
    if (object === "link" && verb === "del") return this.delete(this.find(place, rest[1] ?? ""));
    if (object === "address") return this.changeAddress(place, verb === "add", rest);
    throw new Error(`Object "${object} ${verb}" is unknown`);
  }

  private addLink(place: string, words: readonly string[]): void {
    const kind = after(words, "type") ?? "";
    const at = kind === "veth" ? words.indexOf("peer") : words.length;
    const [own, peer] = [words.slice(0, at), words.slice(at)];
    const [name = "", peerName = ""] = [after(own, "name"), after(peer, "name")];
    const under = after(own, "link");
    const parent = under === undefined ? undefined : this.find(place, under);
    const target = after(own, "netns") ?? place;
    this.refuseTaken(target, name);
    const mtu = Number(after(own, "mtu") ?? parent?.mtu ?? 1500);
    const index = Number(after(own, "index") ?? this.next++);
    const made = { name, kind, mtu, up: false, index, mac: after(own, "address") ?? parent?.mac ?? "" };
    if (kind !== "veth") return void this.add(target, made);
    this.refuseTaken(place, peerName);
    const end = this.add(target, made);
    const other = { name: peerName, kind, mac: "02:00:00:00:00:fe", up: false, peer: end.index };
    end.peer = this.add(place, { ...other, mtu: Number(after(peer, "mtu") ?? 1500) }).index;
  }

  private setLink(place: string, [, name = "", ...words]: readonly string[]): void {
    const link = this.find(place, name);
    for (let at = 0; at < words.length; at++) {
      const word = words[at];
      if (word === "up" || word === "down") this.bring(link, word === "up");
      else if (word === "alias") link.alias = words[++at]?.replace('""', "") ?? "";
      else if (word === "address") link.mac = words[++at] ?? "";
      else if (word === "mtu") link.mtu = Number(words[++at]);
      else if (word === "addrgenmode" || word === "mode") at++;
      else if (word === "type") at = words.length;
      else if (word === "master") link.master = this.find(place, words[++at] ?? "").name;
      else if (word === "name") {
        const wanted = words[++at] ?? "";
        if (wanted !== link.name) this.refuseTaken(place, wanted);
        // A link that moves as well goes down first.
        if (wanted !== link.name && link.up && !this.renamesLinksThatAreUp && !words.includes("netns"))
          throw new Error("RTNETLINK answers: Device or resource busy");
        link.name = wanted;
      } else if (word === "netns") this.move(place, link, words[++at] ?? "");
      else throw new Error(`Error: either "dev" is duplicate, or "${word}" is a garbage.`);
    }
  }

  /** Brings a link up or down. A link that goes down loses its IPv6 addresses. */
  private bring(link: FakeLink, up: boolean): void {
    if (!up) link.addresses = link.addresses.filter((address) => !address.includes(":"));
    link.up = up;
  }

  private move(place: string, link: FakeLink, target: string): void {
    // A number is the ID of a process whose namespace is meant. Here it is always the node side's own.
    const to = /^\d+$/.test(target) ? "node" : target;
    this.refuseTaken(to, link.name);
    this.linksOf(place).splice(this.linksOf(place).indexOf(link), 1);
    this.linksOf(to).push(link);
    Object.assign(link, { up: false, addresses: [] });
    delete link.master;
  }

  private changeAddress(place: string, added: boolean, [cidr = "", , name = ""]: readonly string[]): void {
    const link = this.find(place, name);
    if (added === link.addresses.includes(cidr))
      throw new Error(added ? "RTNETLINK answers: File exists" : "RTNETLINK answers: Cannot assign requested address");
    link.addresses = added ? [...link.addresses, cidr] : link.addresses.filter((other) => other !== cidr);
  }

  private delete(link: FakeLink): void {
    if (link.kind === undefined) throw new Error("RTNETLINK answers: Operation not supported");
    for (const [place, links] of this.places)
      this.places.set(
        place,
        links.filter(({ index }) => index !== link.index && index !== link.peer),
      );
  }

  private find(place: string, name: string): FakeLink {
    const links = this.linksOf(place);
    const index = /^if0*(\d+)$/.exec(name)?.[1];
    const link = links.find((one) => one.name === name) ?? links.find((one) => String(one.index) === index);
    if (!link) throw new Error(`Cannot find device "${name}"`);
    return link;
  }

  private refuseTaken(place: string, name: string): void {
    if (this.linksOf(place).some((link) => link.name === name)) throw new Error("RTNETLINK answers: File exists");
  }
}

function after(words: readonly string[], word: string): string | undefined {
  const at = words.indexOf(word);
  return at < 0 ? undefined : words[at + 1];
}
