import * as pulumi from "@pulumi/pulumi";
import { Vnic } from "pulumi-vnic";

const config = new pulumi.Config();
const pod = config.require("pod");

// Without addresses, the network's DHCP server assigns one, and the node agent renews the lease.
const wire = new Vnic("db-wire", {
  pod: { namespace: config.require("namespace"), name: pod },
  network: { parent: config.require("parent") },
  dhcp: { hostname: pod },
});

export const addresses = wire.addresses;
export const lease = wire.lease;
