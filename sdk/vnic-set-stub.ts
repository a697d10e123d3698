import type { dynamic } from "@pulumi/pulumi";

/** What `stub.ts` is for a Vnic, for a VnicSet; the same rules hold. */
export const vnicSetStub: dynamic.ResourceProvider & { protocol: number } = {
  protocol: 1,
  configure: async (...a) => (await import("pulumi-vnic/vnic-set")).configure(...a),
  check: async (...a) => (await import("pulumi-vnic/vnic-set")).check(...a),
  diff: async (...a) => (await import("pulumi-vnic/vnic-set")).diff(...a),
  create: async (...a) => (await import("pulumi-vnic/vnic-set")).create(...a),
  read: async (...a) => (await import("pulumi-vnic/vnic-set")).read(...a),
  update: async (...a) => (await import("pulumi-vnic/vnic-set")).update(...a),
  delete: async (...a) => (await import("pulumi-vnic/vnic-set")).delete(...a),
};
