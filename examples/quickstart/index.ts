import * as pulumi from "@pulumi/pulumi";
import { Vnic } from "pulumi-vnic";

const config = new pulumi.Config();

const wire = new Vnic("db-wire", {
  pod: { namespace: config.require("namespace"), name: config.require("pod") },
  network: { parent: config.require("parent") },
  addresses: [config.require("address")],
});

export const addresses = wire.addresses;
export const interfaceName = wire.interfaceName;
export const node = wire.node;
