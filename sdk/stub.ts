import type { dynamic } from "@pulumi/pulumi";

/**
 * All of the provider that Pulumi serialises into the state of each Vnic: it finds the installed package by name at the
 * time of each call, so that refresh and delete run today's code, whatever version wrote the state. It must capture
 * nothing, not even a constant or an import; a golden file in the tests keeps its text as it is. So terse because all of
 * it, and 150 bytes of wrapping for each function, is stored with every Vnic: 2 KB at most.
 *
 * A change of the text must come with a new number in `protocol`; see ARCHITECTURE.md, "State".
 */
export const stub: dynamic.ResourceProvider & { protocol: number } = {
  protocol: 1,
  configure: async (...a) => (await import("pulumi-vnic/provider")).configure(...a),
  check: async (...a) => (await import("pulumi-vnic/provider")).check(...a),
  diff: async (...a) => (await import("pulumi-vnic/provider")).diff(...a),
  create: async (...a) => (await import("pulumi-vnic/provider")).create(...a),
  read: async (...a) => (await import("pulumi-vnic/provider")).read(...a),
  update: async (...a) => (await import("pulumi-vnic/provider")).update(...a),
  delete: async (...a) => (await import("pulumi-vnic/provider")).delete(...a),
};
