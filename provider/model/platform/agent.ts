import { agentSocket } from "../wire/agent-protocol.ts";
import {
  agentComponent,
  agentName,
  annotations,
  group,
  labels,
  systemNamespace,
  userOfAccount,
  version,
} from "../names.ts";
import { netnsDirectory, stateDirectory } from "../kubernetes/runtime-layout.ts";
import { netnsVolumes, nodeSecurity } from "../kubernetes/session-job.ts";
import { admissionPolicy, literal } from "./admission.ts";
import { clusterRights, type Manifest, serviceAccount } from "./manifest.ts";
import { namedLayouts, type PlatformOptions } from "./options.ts";
import { nodeConstraints, wholeResources } from "./node-constraints.ts";

/** The node agent's DaemonSet and its rights. Needs Kubernetes 1.30 or newer. */
export function agentPart(options: PlatformOptions): Manifest[] {
  return [
    serviceAccount(agentName),
    ...ownNodeOnly(),
    ...clusterRights(agentName, [
      { apiGroups: [group], resources: ["vnics/status"], verbs: ["patch"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create"] },
    ]),
    daemonSet(options),
  ];
}

/** The fields of a Vnic's status by which drivers find pods on other nodes, and claims of addresses. */
const fieldsOfDrivers = ["observedGeneration", "recordUid", "node", "pod", "addressClaims", "networkStatus"];

/**
 * Lets an agent change only the status of Vnics on its own node, which its token names, and there only what it observes; RBAC
 * can't express that.
 */
function ownNodeOnly() {
  const claim = "authentication.kubernetes.io/node-name";
  return admissionPolicy({
    name: `agent-own-node.${group}`,
    resources: [{ apiGroups: [group], apiVersions: [version], operations: ["UPDATE"], resources: ["vnics/status"] }],
    condition: `request.userInfo.username == "${userOfAccount(agentName)}"`,
    validations: [
      {
        expression: [
          `"${claim}" in request.userInfo.extra`,
          `has(oldObject.metadata.annotations) && "${annotations.node}" in oldObject.metadata.annotations`,
          `request.userInfo.extra["${claim}"][0] == oldObject.metadata.annotations["${annotations.node}"]`,
        ].join(" && "),
        messageExpression: literal("a node agent may change the status of Vnics of its own node only"),
      },
      {
        expression: literal(fieldsOfDrivers) + ".all(k, object.?status[?k] == oldObject.?status[?k])",
        messageExpression: `'status: a node agent may change conditions, lease and interface only, and not ' + ${literal(fieldsOfDrivers)}.filter(k, object.?status[?k] != oldObject.?status[?k])[0]`,
      },
    ],
  });
}

function daemonSet(options: PlatformOptions) {
  const { image, agent = {} } = options;
  // All nodes share one template, so directories of other layouts are mounted only if a layout was named in the
  // options.
  const named = namedLayouts(options).flatMap(({ netnsDirectories }) => netnsDirectories);
  const netnsDirectories = [...new Set([netnsDirectory, ...named])];
  const netns = netnsVolumes(netnsDirectories);
  const listens = { exec: { command: ["test", "-S", agentSocket] } };
  const own = { "app.kubernetes.io/name": "pulumi-vnic", [labels.component]: agentComponent };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: agentName, namespace: systemNamespace, labels: own },
    spec: {
      selector: { matchLabels: own },
      template: {
        metadata: { labels: own },
        spec: {
          ...nodeConstraints({ tolerations: [{ operator: "Exists" }], ...agent }),
          priorityClassName: agent.priorityClassName ?? "system-node-critical",
          serviceAccountName: agentName,
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          // The locks of Vnics are in the node's network namespace.
          hostNetwork: true,
          dnsPolicy: "Default",
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name: "agent",
              image,
              imagePullPolicy: "IfNotPresent",
              command: ["node", "/app/agent.mjs"],
              env: [{ name: "VNIC_NETNS_DIRECTORIES", value: netnsDirectories.join(":") }],
              // The runtime starts several programs to run this command in the container. So it runs often only until the
              // agent has started; if the agent ends, its container isn't ready anyway.
              startupProbe: { ...listens, periodSeconds: 1, failureThreshold: 600 },
              readinessProbe: { ...listens, periodSeconds: 10 },
              resources: wholeResources(
                agent.resources ?? { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } },
              ),
              // Renewals are sent from port 68, which takes one capability more than a Job has.
              securityContext: nodeSecurity("NET_BIND_SERVICE"),
              volumeMounts: [...netns.mounts, { name: "state", mountPath: stateDirectory }],
            },
          ],
          volumes: [...netns.volumes, { name: "state", hostPath: { path: stateDirectory, type: "DirectoryOrCreate" } }],
        },
      },
    },
  };
}
