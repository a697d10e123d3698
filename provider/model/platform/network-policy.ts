import { apiVersion, group } from "../names.ts";
import { admissionPolicy, type Validation } from "./admission.ts";
import { specsOfVnics } from "./inline-policy.ts";
import type { Manifest } from "./manifest.ts";

/**
 * Rejects records that their VnicNetwork doesn't allow. The lifecycle applies the same rules (network/terms.ts); this
 * policy keeps such records out of the cluster. It is evaluated for each VnicNetwork. CEL can't check three things,
 * which are left to the lifecycle: spans of IPv6 addresses, whether a MAC is the derived one, and the number of Vnics.
 */
export function networkPolicy(): Manifest[] {
  return admissionPolicy({
    name: `network-terms.${group}`,
    paramKind: { apiVersion, kind: "VnicNetwork" },
    ...specsOfVnics,
    variables: {
      spec: "has(object.spec.template) ? object.spec.template : object.spec",
      concerned: "variables.spec.network.?name.orValue('') == params.metadata.name",
      given: "has(object.spec.template) ? [] : object.spec.?addresses.orValue([])",
      hosts: "variables.given.filter(a, isCIDR(a)).map(a, a.split('/')[0])",
      setRanges: "has(object.spec.template) ? object.spec.?addresses.orValue([]) : []",
      gateways: "params.spec.?gateways.orValue([]).filter(g, isIP(g))",
      ranges: "params.spec.?ranges.orValue([]).filter(r, isCIDR(r.cidr))",
      excluded: "variables.ranges.map(r, r.?exclude.orValue([]))",
      atGateway: "variables.hosts.filter(h, variables.gateways.exists(g, ip(h) == ip(g)))",
      reserved: `variables.hosts.filter(h, variables.excluded.exists(list, list.exists(e, ${isExcluded("h", "e")})))`,
      outside: `variables.hosts.filter(h, !variables.ranges.exists(r, ${isInRange("h", "r")}))`,
      outsideOfSet: `variables.setRanges.filter(s, isCIDR(s.cidr) && !variables.ranges.exists(r, ${isWithinRange("s", "r")}))`,
      prefixes: "params.spec.?macPrefixes.orValue([]).map(p, p.lowerAscii().replace('-', ':'))",
      mac: "variables.spec.?mac.orValue('').lowerAscii().replace('-', ':')",
    },
    validations: validations(),
  });
}

function validations(): Validation[] {
  const network = "VnicNetwork ' + params.metadata.name + '";
  const enclosed = "variables.ranges.size() == 0 || params.spec.?freeAddresses.orValue(false)";
  const ranges = "variables.ranges.map(r, r.cidr).join(', ')";
  const rules: [expression: string, message: string][] = [
    [
      "!has(params.spec.namespaces) || object.metadata.namespace in params.spec.namespaces",
      `'network.name: ${network} is not for namespace ' + object.metadata.namespace + '; it is for ' + params.spec.namespaces.join(', ')`,
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
  ];
  return rules.map(([expression, messageExpression]) => ({
    expression: `!variables.concerned || (${expression})`,
    messageExpression,
  }));
}

/** CEL: converts a dotted IPv4 address to a number. */
function number(address: string): string {
  const octets = [16777216, 65536, 256, 1].map((factor, index) => `int(${address}.split('.')[${index}]) * ${factor}`);
  return `(${octets.join(" + ")})`;
}

const isIPv4 = (text: string) => `(isIP(${text}) && ip(${text}).family() == 4)`;

/** CEL: whether `host` is an excluded address, in an excluded subnet, or in an excluded span of IPv4. */
function isExcluded(host: string, excluded: string): string {
  const [first, last] = [`${excluded}.split('-')[0]`, `${excluded}.split('-')[1]`];
  const span = [
    `${excluded}.split('-').size() == 2 && ${isIPv4(first)} && ${isIPv4(last)} && ${isIPv4(host)}`,
    `${number(first)} <= ${number(host)} && ${number(host)} <= ${number(last)}`,
  ].join(" && ");
  return `isIP(${excluded}) ? ip(${excluded}) == ip(${host}) : isCIDR(${excluded}) ? cidr(${excluded}).containsIP(${host}) : (${span})`;
}

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
