import { expect } from "chai";
import { defaultImage } from "../../../provider/base/package.ts";
import { readSettings, type SettingsSources } from "../../../provider/hooks/settings.ts";
import type { FileValue } from "../../../provider/hooks/stack-file.ts";

const config = (values: Record<string, string>) => ({ get: (key: string) => values[key] });
const file = (values: Record<string, FileValue>) => ({ get: (key: string) => values[key] ?? { plain: undefined } });
const environment = { VNIC_KUBECONFIG: "/e", VNIC_CONTEXT: "e", VNIC_IMAGE: "e:1" };
const fromEnvironment = { kubeconfig: "env:VNIC_KUBECONFIG", context: "e", image: "e:1" };
const stored = config({
  "vnic:kubeconfig": "/s",
  "vnic:context": "s",
  "vnic:image": "s:1",
  kubeconfig: "not this one",
});
const fromConfiguration = { kubeconfig: "/s", context: "s", image: "s:1" };

describe("settings", () => {
  const cases: [what: string, sources: Partial<SettingsSources>, settings: object][] = [
    ["are the defaults when nothing is configured", {}, { image: defaultImage }],
    ["are taken from the configuration by full key when the program ran", { configured: stored }, fromConfiguration],
    ["are taken from the environment when the configuration lacks them", { env: environment }, fromEnvironment],
    [
      "are taken from the configuration rather than the environment when the program ran",
      { configured: stored, env: environment },
      fromConfiguration,
    ],
    [
      "are taken from state when the program didn't run and there is no settings file",
      { configured: stored, isCurrent: false },
      fromConfiguration,
    ],
    [
      "are taken from the environment rather than from state",
      { configured: stored, isCurrent: false, env: environment },
      fromEnvironment,
    ],
    [
      "are taken from the current settings file rather than anything else",
      {
        configured: stored,
        isCurrent: false,
        env: environment,
        file: file({
          "vnic:kubeconfig": { plain: "/f" },
          "vnic:context": { plain: "f" },
          "vnic:image": { plain: "f:1" },
        }),
      },
      { kubeconfig: "/f", context: "f", image: "f:1" },
    ],
    [
      "aren't taken from state when the current settings file no longer has them",
      { configured: stored, isCurrent: false, file: file({}) },
      { image: defaultImage },
    ],
    [
      "are taken from state when the current settings file hides them",
      {
        configured: stored,
        isCurrent: false,
        file: file({ "vnic:kubeconfig": { hidden: true }, "vnic:image": { plain: "f:1" } }),
      },
      { kubeconfig: "/s", image: "f:1" },
    ],
  ];
  for (const [what, sources, settings] of cases)
    it(what, () =>
      expect(readSettings({ configured: config({}), isCurrent: true, env: {}, ...sources })).to.deep.equal(settings),
    );
});

describe("the settings of a named cluster", () => {
  const clusters = { edge: { kubeconfig: "/edge" }, core: { context: "core", image: "core:1" } };
  const configured = config({
    "vnic:kubeconfig": "/s",
    "vnic:context": "s",
    "vnic:image": "s:1",
    "vnic:clusters": JSON.stringify(clusters),
  });
  const sources = { configured, isCurrent: true, env: {} };

  it("are taken from the cluster's entry, then from the stack, except for the stack's context", () => {
    expect(readSettings(sources, "edge")).to.deep.equal({
      kubeconfig: "/edge",
      image: "s:1",
      setting: "vnic:clusters, edge.kubeconfig",
    });
    expect(readSettings(sources, "core")).to.deep.equal({
      kubeconfig: "/s",
      context: "core",
      image: "core:1",
    });
  });

  it("are taken from the environment when the configuration lacks them", () => {
    const env = { VNIC_CLUSTERS: JSON.stringify(clusters), VNIC_KUBECONFIG: "/e" };
    expect(readSettings({ configured: config({}), isCurrent: true, env }, "core")).to.include({
      kubeconfig: "env:VNIC_KUBECONFIG",
      context: "core",
    });
  });

  it("are taken from the current settings file rather than from state", () => {
    const today = file({ "vnic:clusters": { plain: `{"edge": {"kubeconfig": "/today"}}` } });
    expect(readSettings({ ...sources, isCurrent: false, file: today }, "edge").kubeconfig).to.equal("/today");
    const hidden = file({ "vnic:clusters": { hidden: true } });
    expect(readSettings({ ...sources, isCurrent: false, file: hidden }, "edge").kubeconfig).to.equal("/edge");
  });
});
