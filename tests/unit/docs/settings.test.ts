import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { platformManifests } from "../../../provider/cli/manifests.ts";
import { networkResourceFields } from "../../../provider/model/network/fields.ts";
import { setFields } from "../../../provider/model/vnic-set/fields.ts";
import { vnicFields } from "../../../provider/model/vnic/fields.ts";
import { containerVariables, settingRows } from "../../../scripts/settings-table.ts";
import { root } from "../../support/documents.ts";

const documented = new Set(settingRows.flatMap(({ names }) => names));

/** The text of all sources in some folders. */
function sources(...rooms: string[]): string {
  return rooms
    .flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts"))
        .map((path) => readFileSync(join(root, room, path), "utf8")),
    )
    .join("\n");
}

const onUsersMachine = ["sdk", ...["base", "cli", "cluster", "hooks", "lifecycle"].map((room) => `provider/${room}`)];
const inContainers = ["node", "agent", "reconciler"].map((room) => `provider/${room}`);

function matches(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = ""]) => name))].sort();
}

const variable = /\benv(?:\.|\[")([A-Z][A-Z_]+)/g;

describe("the table of settings", () => {
  it("has every stack setting and environment variable that the package reads on the user's machine", () => {
    const text = sources(...onUsersMachine);
    // The engine's own documentation describes this one.
    const fromEngine = "PULUMI_DEBUG_PROMISE_LEAKS";
    const read = [
      ...matches(text, /["`](vnic:(?!index)[a-z]+)/g),
      ...matches(text, variable),
      ...matches(text, /"(VNIC_[A-Z_]+)"/g),
    ];
    expect(read).to.include.members(["vnic:kubeconfig", "VNIC_IMAGE", "KUBECONFIG"]);
    expect(read.filter((name) => !documented.has(name) && name !== fromEngine)).to.deep.equal([]);
  });

  it("has every variable that the programs in our containers read, as the manifests set them", () => {
    // Only tests set these two.
    const fromTests = ["VNIC_HOST_ROOT", "VNIC_DHCP_EVENT"];
    // Variables that are passed on to programs or read from every environment aren't settings.
    const read = matches(sources(...inContainers), variable).filter((name) => !["PATH", ...fromTests].includes(name));
    expect(read).to.deep.equal(containerVariables);
    const manifests = JSON.stringify(platformManifests({ image: "x" }));
    const byJobs = ["VNIC_IDLE_SECONDS", "VNIC_RUNTIME"];
    const set = matches(manifests, /"name":"(VNIC_[A-Z_]+)"/g);
    expect([...new Set([...set, ...byJobs])].sort()).to.deep.equal(containerVariables);
  });

  it("has every input that isn't part of what is realised", () => {
    const fields = { ...vnicFields, ...setFields, ...networkResourceFields };
    const withoutSpec = Object.entries(fields).filter(([, { spec }]) => spec === false);
    // Metadata of the record aren't settings. The SDK sets declaredBy.
    const metadata = ["name", "namespace", "labels", "declaredBy"];
    const settings = withoutSpec.map(([name]) => name).filter((name) => !metadata.includes(name));
    expect(settings).to.include("deadlines");
    expect(settings.filter((name) => !documented.has(name))).to.deep.equal([]);
  });
});
