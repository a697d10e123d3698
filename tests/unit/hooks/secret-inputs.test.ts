import { expect } from "chai";
import { check, create } from "../../../provider/hooks/vnic.ts";
import { hidingSecrets } from "../../../provider/hooks/secret-inputs.ts";
import type { Definition } from "../../../provider/model/vnic/definition.ts";
import { rejection } from "../../fakes/cluster.ts";
import { definition } from "../../fakes/objects.ts";

interface Row {
  readonly secretInputs: readonly (readonly string[])[];
  readonly text: string;
  readonly said: string;
}

const properties = {
  pod: { namespace: "shop", name: "db-0" },
  network: { parent: "eth1", vlan: 5 },
  addresses: ["192.168.50.10/24", "FD50::0:10/64"],
  mac: "02-00-5E-10-00-01",
  labels: { "team.example/name": "blue" },
  routes: [{ to: "10.0.0.0/8", via: "192.168.50.1" }],
  interfaceName: "net1",
  name: `a "quoted" ${"x".repeat(200)}`,
};

const rows: Record<string, Row> = {
  "an address, with and without its prefix length": {
    secretInputs: [["addresses"]],
    text: `"192.168.50.10/24" is in use; 192.168.50.10 answered; 192.168.50.100 didn't; fd50::10 did`,
    said: `"[secret]" is in use; [secret] answered; 192.168.50.100 didn't; [secret] did`,
  },
  "a MAC in any notation": {
    secretInputs: [["mac"]],
    text: "02-00-5E-10-00-01, 02:00:5e:10:00:01: held",
    said: "[secret], [secret]: held",
  },
  "one value of an object, and not the others": {
    secretInputs: [["pod", "name"]],
    text: "reading pod shop/db-0: db-01 is another one",
    said: "reading pod shop/[secret]: db-01 is another one",
  },
  "all values of an object": {
    secretInputs: [["pod"], ["network"]],
    text: "shop/db-0: eth1 with VLAN 5, not 55",
    said: "[secret]/[secret]: [secret] with VLAN [secret], not 55",
  },
  "labels with their keys": {
    secretInputs: [["labels"]],
    text: "team.example/name=blue",
    said: "[secret]=[secret]",
  },
  "values within a list of objects": {
    secretInputs: [["routes"]],
    text: "10.0.0.0/8 via 192.168.50.1",
    said: "[secret] via [secret]",
  },
  "a long value that was quoted and cut": {
    secretInputs: [["name"]],
    text: `${JSON.stringify(properties.name).slice(0, 120)}… (211 characters) is too long`,
    said: `"[secret]… (211 characters) is too long`,
  },
  "nothing, if nothing is secret": { secretInputs: [], text: "shop/db-0", said: "shop/db-0" },
  "nothing for a property that isn't there": { secretInputs: [["dhcp", "hostname"]], text: "db-0", said: "db-0" },
};

describe("what the hooks say of secret inputs", () => {
  for (const [what, { secretInputs, text, said }] of Object.entries(rows))
    it(`leaves out ${what}`, () => expect(hidingSecrets({ ...properties, secretInputs })(text)).to.equal(said));

  it("is no value in a problem, nor is the property named, of which the engine would print the value", async () => {
    const secretInputs = [["addresses"], ["mtu"]];
    const news = { ...definition(), addresses: ["192.168.50.277/24"], mtu: 66, interfaceName: "a/b", secretInputs };
    const { failures } = await check({}, news);
    expect(failures).to.deep.include.members([
      {
        property: "",
        reason: `addresses[0]: "[secret]" is not a CIDR address; write it like "192.168.50.10/24" or "fd50::10/64"`,
      },
      { property: "", reason: "mtu: [secret] is below 68, the minimum of IPv4 (RFC 791)" },
    ]);
    expect(failures?.map(({ property }) => property)).to.include("interfaceName");
  });

  it("is said with the inputs that check returns, for the other hooks", async () => {
    const checked = await check({}, { ...definition(), secretInputs: [["mac"]] });
    expect(checked.inputs).to.deep.include({ secretInputs: [["mac"]] });
  });

  it("is no value in an error of a creation", async () => {
    const kubeconfig = "/no/such/db-0/kubeconfig";
    process.env.VNIC_KUBECONFIG = kubeconfig;
    try {
      const inputs = { ...definition(), secretInputs: [["pod", "name"]] } as unknown as Definition;
      const error = await rejection(create(inputs));
      expect(`${error.message} ${error.stack}`).to.include("/no/such/[secret]/").and.not.include("db-0/");
    } finally {
      delete process.env.VNIC_KUBECONFIG;
    }
  });
});
