import { appImage } from "./images.ts";
import type { Node } from "./layout.ts";

export interface AppPod {
  namespace: string;
  name: string;
  node: Node;
  labels?: Readonly<Record<string, string>>;
}

/** A pod with a redis server that Pod Security `restricted` admits. */
export function appPod({ namespace, name, node, labels = {} }: AppPod): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, labels: { app: name, ...labels } },
    spec: {
      nodeName: node,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "redis",
          image: appImage,
          imagePullPolicy: "Never",
          ports: [{ containerPort: 6379 }],
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            readOnlyRootFilesystem: true,
          },
        },
      ],
    },
  };
}
