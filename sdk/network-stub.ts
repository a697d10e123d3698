import type { dynamic } from "@pulumi/pulumi";

/** Of a Network what `stub.ts` is of a Vnic; the same rules. */
export const networkStub: dynamic.ResourceProvider & { protocol: number } = {
  protocol: 1,
  configure: async (...a) => (await import("pulumi-vnic/network")).configure(...a),
  check: async (...a) => (await import("pulumi-vnic/network")).check(...a),
  diff: async (...a) => (await import("pulumi-vnic/network")).diff(...a),
  create: async (...a) => (await import("pulumi-vnic/network")).create(...a),
  read: async (...a) => (await import("pulumi-vnic/network")).read(...a),
  update: async (...a) => (await import("pulumi-vnic/network")).update(...a),
  delete: async (...a) => (await import("pulumi-vnic/network")).delete(...a),
};
