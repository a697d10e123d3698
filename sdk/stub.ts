import type { dynamic } from "@pulumi/pulumi";

/**
 * All of the provider that Pulumi serialises into the state of each Vnic: it finds the installed package by name at the
 * time of each call, so that refresh and delete run today's code, whatever version wrote the state. It must capture
 * nothing, not even a constant or an import; a golden file in the tests keeps its text as it is.
 *
 * A change of the text must come with a new number in `protocol`; see ARCHITECTURE.md, "State".
 */
export const stub: dynamic.ResourceProvider & { protocol: number } = {
  protocol: 1,
  async configure(request) {
    return (await import("pulumi-vnic/provider")).configure(request);
  },
  async check(olds, news) {
    return (await import("pulumi-vnic/provider")).check(olds, news);
  },
  async diff(id, olds, news) {
    return (await import("pulumi-vnic/provider")).diff(id, olds, news);
  },
  async create(inputs) {
    return (await import("pulumi-vnic/provider")).create(inputs);
  },
  async read(id, props) {
    return (await import("pulumi-vnic/provider")).read(id, props);
  },
  async update(id, olds, news) {
    return (await import("pulumi-vnic/provider")).update(id, olds, news);
  },
  async delete(id, props) {
    return (await import("pulumi-vnic/provider")).delete(id, props);
  },
};
