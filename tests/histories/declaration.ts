import type { Definition } from "../../provider/model/vnic/definition.ts";
import { define } from "../support/lifecycle.ts";
import type { DeclaredVnic } from "../support/stack.ts";
import { namespace, recordName, type Wire } from "./model.ts";

/** A wire as the tests' program declares it. */
export function declare(wire: Wire): DeclaredVnic {
  const { resource, formerly } = wire;
  return {
    resource,
    args: { ...inputsOf(wire), network: { parent: "eth1" } },
    ...(formerly === undefined ? {} : { options: { aliases: [{ name: formerly }] } }),
  };
}

/** The definition that `check` returns for the declared Vnic. */
export function definitionFor(wire: Wire): Definition {
  return define(inputsOf(wire));
}

function inputsOf(wire: Wire) {
  const { pod, addresses, interfaceName, mac, mtu, labels, adopt } = wire;
  return {
    name: recordName(wire),
    pod: { namespace, name: pod },
    addresses,
    interfaceName,
    mac,
    ...(mtu === undefined ? {} : { mtu }),
    ...(labels === undefined ? {} : { labels }),
    ...(adopt === undefined ? {} : { adopt }),
  };
}
