/*
 * A stand-in for the engine's Kubernetes plugin in previews without a cluster, where the plugin itself can't plan. It knows
 * neither schemas nor autonaming.
 */
import { isDeepStrictEqual } from "node:util";
import * as pulumiProvider from "@pulumi/pulumi/provider/index.js";

const provider: pulumiProvider.Provider = {
  version: "4.34.2",
  check: async (_urn, _olds, news: object) => ({ inputs: news }),
  diff: async (_id, _urn, olds: object, news: object) => ({ changes: !isDeepStrictEqual(olds, news) }),
};

await pulumiProvider.main(provider, process.argv.slice(2));
