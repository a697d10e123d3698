import { apiVersion, group } from "../names.ts";
import { placementInCel, placementWordsInCel } from "../network/placement.ts";
import { special } from "../schema/address-blocks.ts";
import { isFirst, isInBlocks, isLast, numberOf } from "../schema/cel-address.ts";
import { admissionPolicy, type Validation } from "./admission.ts";
import { specsOfVnics } from "./inline-policy.ts";
import type { Manifest } from "./manifest.ts";

/** Pattern of an IPv4 address. */
const dotted = "[0-9]{1,3}([.][0-9]{1,3}){3}";

/** CEL: a dotted IPv4 address as a number. */
function number(address: string): string {
  return numberOf(`${address}.split('.')`);
}

/** CEL: the spec of a Vnic, or the template of a VnicSet. */
const spec = "(has(object.spec.template) ? object.spec.template : object.spec)";

/**
 * Rejects records that their VnicNetwork doesn't allow. The lifecycle applies the same rules (network/terms.ts); this
 * policy keeps such records out of the cluster. The API server evaluates its condition for each VnicNetwork, of which there may be
 * thousands, and all the rest, messages included, only for the one that is named. CEL can't check three things, which only the
 * lifecycle checks: spans of IPv6 addresses, whether a MAC is the derived one, and the number of Vnics.
 */
export function networkPolicy(): Manifest[] {
  return admissionPolicy({
    name: `network-terms.${group}`,
    paramKind: { apiVersion, kind: "VnicNetwork" },
    resources: specsOfVnics.resources,
    condition: `(${specsOfVnics.condition}) && ${spec}.network.?name.orValue('') == params.metadata.name`,
    variables: {
      spec,
      given: "has(object.spec.template) ? [] : object.spec.?addresses.orValue([])",
      hosts: "variables.given.filter(a, isCIDR(a)).map(a, a.split('/')[0])",
      setRanges: "has(object.spec.template) ? object.spec.?addresses.orValue([]) : []",
      gateways: "params.spec.?gateways.orValue([]).filter(g, isIP(g))",
      ranges: "params.spec.?ranges.orValue([]).filter(r, isCIDR(r.cidr))",
      ...excludedVariables,
      atGateway: "variables.hosts.filter(h, variables.gateways.exists(g, ip(h) == ip(g)))",
      reserved: "variables.reservedInSpans + variables.reservedInSubnets + variables.reservedSingly",
      outside: `variables.hosts.filter(h, !variables.ranges.exists(r, ${isInRange("h", "r")}))`,
      edges: `variables.hosts.filter(h, variables.ranges.exists(r, ${isFirst(4, "h", "r.cidr")} || ${isFirst(6, "h", "r.cidr")} || ${isLast("h", "r.cidr")}))`,
      outsideOfSet: `variables.setRanges.filter(s, isCIDR(s.cidr) && !variables.ranges.exists(r, ${isWithinRange("s", "r")}))`,
      prefixes: "params.spec.?macPrefixes.orValue([]).map(p, p.lowerAscii().replace('-', ':'))",
      mac: "variables.spec.?mac.orValue('').lowerAscii().replace('-', ':')",
    },
    validations: validations(),
  });
}

/**
 * The addresses that the ranges exclude, in forms that are parsed once, and the hosts among them. There may be so many
 * of both that parsing them for each host would exceed the cost limit of policies.
 */
const excludedVariables = {
  excluded: "variables.ranges.map(r, r.?exclude.orValue([]))",
  spans: `variables.excluded.map(list, list.filter(e, e.matches('^${dotted}-${dotted}$')).map(e, e.split('-')).map(ends, ends.map(end, end.split('.')).map(o, ${numberOf("o")})))`,
  subnets: "variables.excluded.map(list, list.filter(e, isCIDR(e)).map(e, cidr(e)))",
  // Single IPv6 addresses, parsed because each can be written in many ways.
  singles: "variables.excluded.map(list, list.filter(e, e.contains(':') && isIP(e)).map(e, ip(e)))",
  // In CEL, a list of one element is a way to give a value a name.
  reservedInSpans: `variables.hosts.filter(h, !h.contains(':') && [h.split('.')].map(o, ${numberOf("o")}).exists(n, variables.spans.exists(list, list.exists(s, s[0] <= n && n <= s[1]))))`,
  reservedInSubnets:
    "variables.hosts.filter(h, [ip(h)].exists(a, variables.subnets.exists(list, list.exists(s, s.containsIP(a)))))",
  reservedSingly:
    "variables.hosts.filter(h, variables.excluded.exists(list, h in list) || h.contains(':') && [ip(h)].exists(a, variables.singles.exists(list, a in list)))",
};

function validations(): Validation[] {
  const network = "VnicNetwork ' + params.metadata.name + '";
  const enclosed = "variables.ranges.size() == 0 || params.spec.?freeAddresses.orValue(false)";
  const ranges = "variables.ranges.map(r, r.cidr).join(', ')";
  const rules: [expression: string, message: string][] = [
    [
      "!has(params.spec.namespaces) || object.metadata.namespace in params.spec.namespaces",
      // The first rule, so that a namespace that may not use the network learns nothing else about it.
      `'network.name: ${network} is not for namespace ' + object.metadata.namespace + '; an administrator can add it to namespaces there'`,
    ],
    [
      "variables.atGateway.size() == 0",
      `'addresses: ' + variables.atGateway.join(', ') + ' is a gateway of ${network}'`,
    ],
    [
      "variables.reserved.size() == 0",
      `'addresses: ' + variables.reserved.join(', ') + ' is reserved on ${network} (exclude)'`,
    ],
    [
      "variables.edges.size() == 0",
      `'addresses: ' + variables.edges.join(', ') + ' is the network or broadcast address of a range of ${network}'`,
    ],
    ...special.map(({ block, words }): [string, string] => {
      const among = `variables.outside.filter(h, ${isInBlocks("h", [block])})`;
      return [
        `${among}.size() == 0`,
        `'addresses: ' + ${among}.join(', ') + ' ${words}; only the ranges of ${network} can allow it'`,
      ];
    }),
    [
      `${enclosed} || variables.outside.size() == 0`,
      `'addresses: ' + variables.outside.join(', ') + ' is not in the ranges of ${network}: ' + ${ranges}`,
    ],
    [
      `${enclosed} || variables.outsideOfSet.size() == 0`,
      `'addresses: ' + variables.outsideOfSet[0].cidr + ' is not in the ranges of ${network}: ' + ${ranges}`,
    ],
    [
      // Derived MACs are locally administered and unicast.
      "variables.mac == '' || params.spec.?freeMacs.orValue(false) || variables.mac.matches('^[0-9a-f][26ae]:') || variables.prefixes.exists(p, variables.mac.startsWith(p + ':'))",
      `'mac: ' + variables.mac + ' may not be chosen on ${network}; leave it out, and one is derived (macPrefixes, freeMacs)'`,
    ],
    [
      "variables.spec.?duplicateAddressDetection.orValue(true) || params.spec.?allowUnprobed.orValue(false)",
      `'duplicateAddressDetection: ${network} does not let it be switched off (allowUnprobed)'`,
    ],
    [placementInCel("variables.spec", "params.spec.?mode"), `'placement: ${placementWordsInCel}'`],
  ];
  return rules.map(([expression, messageExpression]) => ({ expression, messageExpression }));
}

const isIPv4 = (text: string) => `(isIP(${text}) && ip(${text}).family() == 4)`;

/** CEL: whether `host` is in the range's subnet and, for IPv4, between its first and last address. */
function isInRange(host: string, range: string): string {
  const bound = (field: "from" | "to", comparison: string) =>
    `(!has(${range}.${field}) || !${isIPv4(`${range}.${field}`)} || !${isIPv4(host)} || ${number(host)} ${comparison} ${number(`${range}.${field}`)})`;
  return `cidr(${range}.cidr).containsIP(${host}) && ${bound("from", ">=")} && ${bound("to", "<=")}`;
}

/** CEL: whether a VnicSet's range is in the subnet of the network's range, by its bounds or as a whole. */
function isWithinRange(own: string, range: string): string {
  const bounded = `has(${own}.from) && has(${own}.to) && isIP(${own}.from) && isIP(${own}.to)`;
  const bounds = `cidr(${range}.cidr).containsIP(${own}.from) && cidr(${range}.cidr).containsIP(${own}.to)`;
  return `((${bounded}) ? (${bounds}) : cidr(${range}.cidr).containsCIDR(${own}.cidr))`;
}
