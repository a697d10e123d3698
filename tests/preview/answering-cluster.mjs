import { appendFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

/* Results of the hooks for a cluster where everything succeeds: the applied definition with its outputs. */

const made = {
  vnic: (inputs) => {
    const { addresses = [], dhcp, mac, interfaceName, mtu = 1500 } = inputs;
    const lease = dhcp && {
      address: "192.168.50.150/24",
      server: "192.168.50.1",
      leaseSeconds: 60,
      renewSeconds: 30,
      rebindSeconds: 50,
    };
    const all = [...addresses, ...(lease ? [lease.address] : [])];
    return {
      addresses: all,
      node: "worker-1",
      podUid: "00000000-0000-4000-8000-000000000002",
      sandboxId: "5a",
      interface: { name: interfaceName, mac, mtu, addresses: all, up: true },
      ...(lease ? { lease } : {}),
      ...("parent" in inputs.network ? {} : { networkOnNode: { mode: "macvlan", parent: "eth1" } }),
    };
  },
  network: () => ({}),
  "vnic-set": () => ({ desired: 1, ready: 1, podAddresses: { "db-0": ["192.168.50.10/24"] } }),
};

function state(kind, { __provider, ...inputs }) {
  return {
    ...inputs,
    ...made[kind](inputs),
    uid: "00000000-0000-4000-8000-000000000001",
    schemaVersion: 1,
    providerVersion: "0.1.0",
  };
}

function idOf(kind, { name, namespace, pod }) {
  return kind === "network" ? name : `${pod?.namespace ?? namespace}/${name}`;
}

/** Writes a call to the file in VNIC_CALLS, if it is set. */
async function note(call) {
  if (process.env.VNIC_CALLS) await appendFile(process.env.VNIC_CALLS, `${call}\n`);
}

export function answering(kind) {
  return {
    create: async (inputs) => {
      await note(`create ${inputs.name} begins`);
      // Gives the engine time for operations that don't wait for this one.
      await setTimeout(Number(process.env.VNIC_CREATE_MILLISECONDS ?? 0));
      await note(`create ${inputs.name} ends`);
      return { id: idOf(kind, inputs), outs: state(kind, inputs) };
    },
    update: async (_id, _olds, news) => ({ outs: state(kind, news) }),
    // A resource that is only looked up is a Network with the required fields.
    read: async (id, props) => ({
      id,
      props: props.uid === undefined ? state(kind, { ...props, name: id, mode: "macvlan", parent: "eth1" }) : props,
    }),
    delete: async (_id, { name }) => note(`delete ${name}`),
  };
}
