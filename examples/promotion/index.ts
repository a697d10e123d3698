import { isIPv4 } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { Vnic } from "pulumi-vnic";

/** The order of promotion. */
const stacks = ["dev", "staging", "prod"];

const config = new pulumi.Config();

/** The n-th address of the block. A number outside of the subnet gives an address that the Vnic refuses. */
function addressOf(number: number): string {
  const block = config.require("block");
  if (!isIPv4(block)) throw new pulumi.RunError(`${config.name}:block: "${block}" is not an IPv4 address`);
  const [a, b, c, d] = block.split(".").map(Number);
  return `${a}.${b}.${c}.${d + number}/${config.requireNumber("prefixLength")}`;
}

/**
 * The numbers of the NICs: from the configuration in the first stack, and from the previous stack's last `up` in the
 * others.
 */
async function findNumbers(): Promise<Record<string, number>> {
  const position = stacks.indexOf(pulumi.getStack());
  if (position < 0) throw new pulumi.RunError(`stack ${pulumi.getStack()} is none of ${stacks.join(", ")}`);
  const previous = stacks[position - 1];
  if (previous === undefined) return config.requireObject("numbers");
  const reference = new pulumi.StackReference(`${pulumi.getOrganization()}/${pulumi.getProject()}/${previous}`);
  const numbers = (await reference.getOutputDetails("numbers")).value as Record<string, number> | undefined;
  if (numbers === undefined) throw new pulumi.RunError(`stack ${previous} has no NICs yet; bring it up first`);
  return numbers;
}

export = async () => {
  const numbers = await findNumbers();
  const wires = Object.entries(numbers).map(
    ([name, number]) =>
      new Vnic(name, {
        pod: { namespace: config.require("namespace"), name: config.require("pod") },
        network: { parent: config.require("parent") },
        addresses: [addressOf(number)],
        mtu: config.requireNumber("mtu"),
      }),
  );
  return { numbers, addresses: wires.map((wire) => wire.addresses) };
};
