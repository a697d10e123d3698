import { PolicyPack, type ReportViolation, type ResourceValidationArgs } from "@pulumi/policy";
import { overlaps, within } from "./addresses";

const vnic = "pulumi-nodejs:dynamic/vnic:Vnic";
const vnicSet = "pulumi-nodejs:dynamic/vnic:VnicSet";
const network = "pulumi-nodejs:dynamic/vnic:Network";
const platform = "vnic:index:Platform";

/** The part of a Vnic's inputs, or of a VnicSet's template, that the policies read. */
interface Wanted {
  readonly network?: string | { readonly name?: string; readonly parent?: string };
  readonly addresses?: readonly (string | { readonly cidr: string })[];
  readonly mac?: string;
}

/** The addresses and other inputs that a Vnic or a VnicSet requests; undefined for other resources. */
function wantedBy({ type, props }: ResourceValidationArgs): Wanted | undefined {
  if (type === vnic) return props as Wanted;
  if (type !== vnicSet) return undefined;
  const { template, addresses } = props as { template?: Wanted; addresses?: Wanted["addresses"] };
  return { ...template, ...(addresses === undefined ? {} : { addresses }) };
}

/** Addresses in CIDR form, and the subnets of ranges. */
const cidrsOf = ({ addresses = [] }: Pick<Wanted, "addresses">) =>
  addresses.map((one) => (typeof one === "string" ? one : one.cidr));

const texts = (description: string, byDefault: string[]) =>
  ({ type: "array", items: { type: "string" }, description, default: byDefault }) as const;

new PolicyPack("vnic", {
  enforcementLevel: "mandatory",
  policies: [
    {
      name: "allowed-networks",
      description: "Vnics are on allowed Networks, or on inline networks with an allowed parent.",
      configSchema: {
        properties: { names: texts("Names of Networks", ["lan"]), parents: texts("Parents of inline networks", []) },
      },
      validateResource: (args, report) => {
        const wanted = wantedBy(args);
        if (!wanted) return;
        const { names, parents } = args.getConfig<{ names: string[]; parents: string[] }>();
        const given = typeof wanted.network === "string" ? { name: wanted.network } : (wanted.network ?? {});
        if (given.name !== undefined && !names.includes(given.name))
          report(`network.name: ${given.name} is none of the allowed Networks: ${names.join(", ") || "none"}`);
        if (given.parent !== undefined && !parents.includes(given.parent))
          report(`network.parent: ${given.parent} is none of the allowed parents: ${parents.join(", ") || "none"}`);
      },
    },
    {
      name: "allowed-ranges",
      description: "Addresses of Vnics, and the ranges of VnicSets and Networks, are within the allowed subnets.",
      configSchema: { properties: { subnets: texts("Subnets of the LAN", ["192.168.50.0/24"]) } },
      validateResource: (args, report) => {
        const { subnets } = args.getConfig<{ subnets: string[] }>();
        for (const [path, cidr] of addressesIn(args))
          if (!subnets.some((subnet) => within(cidr, subnet)))
            report(`${path}: ${cidr} is in none of the allowed subnets: ${subnets.join(", ")}`);
      },
    },
    {
      name: "not-the-cluster",
      description: "No address is one of the cluster's own: of its pods, its Services or its nodes.",
      configSchema: { properties: { ranges: texts("The cluster's subnets", ["10.96.0.0/12", "10.244.0.0/16"]) } },
      validateResource: (args, report) => {
        const { ranges } = args.getConfig<{ ranges: string[] }>();
        for (const [path, cidr] of addressesIn(args))
          for (const range of ranges)
            if (overlaps(cidr, range)) report(`${path}: ${cidr} overlaps with ${range}, which is the cluster's own`);
      },
    },
    {
      name: "local-macs",
      description: "A MAC is locally administered and unicast, so that it is never that of somebody's hardware.",
      validateResource: (args, report) => {
        const mac = wantedBy(args)?.mac;
        if (mac !== undefined && !/^[0-9a-f][26ae]:/i.test(mac))
          report(`mac: ${mac} is not locally administered and unicast; its second digit must be 2, 6, a or e`);
      },
    },
    {
      name: "vnics-per-pod",
      description: "A pod has at most a given number of Vnics.",
      configSchema: {
        properties: { most: { type: "integer", description: "Maximum number of Vnics of one pod", default: 4 } },
      },
      validateStack: ({ resources, getConfig }, report: ReportViolation) => {
        const { most } = getConfig<{ most: number }>();
        const counts = new Map<string, number>();
        for (const { type, props } of resources) {
          if (type !== vnic) continue;
          const { namespace = "default", name } = (props as { pod: { namespace?: string; name: string } }).pod;
          const pod = `${namespace}/${name}`;
          counts.set(pod, (counts.get(pod) ?? 0) + 1);
        }
        for (const [pod, count] of counts) if (count > most) report(`pod ${pod} has ${count} Vnics; at most ${most}`);
      },
    },
    {
      name: "image-by-digest",
      description: "The node image, which can change the networks of nodes, is pinned by its digest.",
      validateResource: ({ type, props }, report) => {
        if (type !== platform) return;
        const { image } = props as { image?: string };
        if (image !== undefined && !/@sha256:[0-9a-f]{64}$/.test(image)) report(`image: ${image} has no digest`);
      },
    },
  ],
});

/** All addresses and subnets of a resource with their paths: those of Vnics, VnicSets and Networks. */
function addressesIn(args: ResourceValidationArgs): (readonly [path: string, cidr: string])[] {
  const ranges = (args.props as { ranges?: Wanted["addresses"] }).ranges;
  if (args.type === network)
    return cidrsOf(ranges ? { addresses: ranges } : {}).map((cidr, i) => [`ranges[${i}].cidr`, cidr]);
  return cidrsOf(wantedBy(args) ?? {}).map((cidr, i) => [`addresses[${i}]`, cidr]);
}
