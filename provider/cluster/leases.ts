import type { CoordinationV1Api, V1Lease, V1MicroTime } from "@kubernetes/client-node";
import { isVnicError, VnicError } from "../base/errors.ts";
import { systemNamespace } from "../model/names.ts";
import type { LeaseObject, Leases } from "./cluster.ts";
import { type ApiServer, call, find, throwOnRace } from "./call.ts";

/** The calls for leader election Leases. */
export function leaseCalls(
  server: ApiServer,
  coordination: CoordinationV1Api,
  MicroTime: new (time: Date) => V1MicroTime,
): Leases {
  return {
    findLease: (name) =>
      find(server, `reading Lease ${systemNamespace}/${name}`, async () => {
        const lease = await coordination.readNamespacedLease({ namespace: systemNamespace, name });
        return lease as V1Lease & LeaseObject;
      }),
    writeLease: async ({ metadata, spec }) => {
      const { name } = metadata;
      const body = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { ...metadata, namespace: systemNamespace },
        spec: { ...spec, renewTime: new MicroTime(spec.renewTime) },
      };
      const params = { namespace: systemNamespace, body };
      const doing = `writing Lease ${systemNamespace}/${name}`;
      const outdated = new VnicError("outdated", `${doing}: another process changed it first`);
      try {
        await call(server, doing, () =>
          metadata.resourceVersion === undefined
            ? coordination.createNamespacedLease(params)
            : coordination.replaceNamespacedLease({ ...params, name }).catch(throwOnRace(outdated)),
        );
        return true;
      } catch (error) {
        if (isVnicError(error, "conflict", "outdated")) return false;
        throw error;
      }
    },
  };
}
