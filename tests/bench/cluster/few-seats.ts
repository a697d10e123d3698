import { group, reconcilerName, systemNamespace } from "../../../provider/model/names.ts";
import { applyObjects, kubectl } from "../../support/cluster.ts";
import type { ApiServer } from "../../support/api/server.ts";

const name = "bench-few-seats";
const apiVersion = "flowcontrol.apiserver.k8s.io/v1";

const objects = [
  {
    apiVersion,
    kind: "PriorityLevelConfiguration",
    metadata: { name },
    spec: {
      type: "Limited",
      // The smallest share, without borrowing: a few requests at once. Further ones are refused by 429.
      limited: {
        nominalConcurrencyShares: 1,
        borrowingLimitPercent: 0,
        lendablePercent: 0,
        limitResponse: { type: "Reject" },
      },
    },
  },
  {
    apiVersion,
    kind: "FlowSchema",
    metadata: { name },
    spec: {
      priorityLevelConfiguration: { name },
      matchingPrecedence: 50,
      distinguisherMethod: { type: "ByUser" },
      rules: [
        {
          subjects: [{ kind: "ServiceAccount", serviceAccount: { name: reconcilerName, namespace: systemNamespace } }],
          // All but its Lease, which clusters serve at a priority of its own.
          resourceRules: [
            {
              verbs: ["*"],
              apiGroups: ["", "batch", group],
              resources: ["*"],
              namespaces: ["*"],
              clusterScope: true,
            },
          ],
        },
      ],
    },
  },
];

/** Lets the API server refuse most of the reconciler's concurrent requests (API priority and fairness) during `work`. */
export async function withFewSeats<T>(api: ApiServer, work: () => Promise<T>): Promise<T> {
  await applyObjects(api.kubectl, objects);
  // The API server reads its configuration again within seconds.
  await new Promise((resolve) => setTimeout(resolve, 5000));
  try {
    return await work();
  } finally {
    for (const kind of ["flowschema", "prioritylevelconfiguration"])
      await kubectl(api.kubectl, ["delete", kind, name, "--ignore-not-found"]);
  }
}
