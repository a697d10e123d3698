import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Platform, VnicSet } from "pulumi-vnic";

const config = new pulumi.Config();
const name = config.require("name");
const labels = { app: name };

// The objects that Vnics need in the cluster. If they are installed already, remove these lines.
const platform = new Platform("vnic", { image: config.require("nodeImage") });

const namespace = new kubernetes.core.v1.Namespace("namespace", { metadata: { name: config.require("namespace") } });

const database = new kubernetes.apps.v1.StatefulSet("database", {
  metadata: { name, namespace: namespace.metadata.name },
  spec: {
    serviceName: name,
    replicas: config.requireNumber("replicas"),
    podManagementPolicy: "Parallel",
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: "database", image: config.require("image"), imagePullPolicy: "IfNotPresent" }] },
    },
  },
});

// One NIC for each pod, following the number of replicas. The pod with ordinal 0 has the first address.
const wires = new VnicSet(
  "wires",
  {
    namespace: namespace.metadata.name,
    workload: { kind: "StatefulSet", name },
    template: { network: { parent: config.require("parent") } },
    addresses: [{ cidr: config.require("cidr"), from: config.require("from"), to: config.require("to") }],
  },
  { dependsOn: [platform, database] },
);

export const addresses = wires.podAddresses;
