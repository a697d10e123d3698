import * as pulumi from "@pulumi/pulumi";
import { Network, Vnic } from "pulumi-vnic";

const config = new pulumi.Config();
const namespace = config.require("namespace");
const gateway = config.require("gateway");

// A LAN, defined once for all Vnics on it. Hosts behind its router get answers through that router.
const lan = new Network("lan", {
  parent: config.require("parent"),
  gateways: [gateway],
  namespaces: [namespace],
  mtu: config.getNumber("mtu"),
});

const wire = new Vnic("db-wire", {
  pod: { namespace, name: config.require("pod") },
  network: lan,
  addresses: [config.require("address")],
  // The network behind the router that the pod itself should reach.
  routes: [{ to: config.require("behind"), via: gateway }],
});

export const network = lan.name;
export const addresses = wire.addresses;
export const nic = wire.interface;
