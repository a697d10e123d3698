import * as pulumi from "@pulumi/pulumi";
import { Vnic } from "pulumi-vnic";

const config = new pulumi.Config();
const pod = { namespace: config.require("namespace"), name: config.require("pod") };
const network = { parent: config.require("parent") };

// The NICs and their addresses; pull requests change this list.
const wires: Record<string, string[]> = {
  "db-wire": ["192.168.50.94/24"],
  "backup-wire": ["192.168.50.95/24"],
};

for (const [name, addresses] of Object.entries(wires)) new Vnic(name, { pod, network, addresses });
