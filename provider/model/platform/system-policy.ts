import { group, systemNamespace } from "../names.ts";
import { knownLayouts } from "../kubernetes/runtime-layout.ts";
import { sessionJob, sessionLabels } from "../kubernetes/session-job.ts";
import { admissionPolicy, literal, type Validation } from "./admission.ts";
import { jobRules } from "./job-match.ts";
import type { Manifest } from "./manifest.ts";
import { namedLayouts, type PlatformOptions } from "./options.ts";
import { matchRule, matchVariables, type OwnTemplate, type WholeTemplate } from "./pod-match.ts";

/** The parts of a pod template that decide what the pod can do. */
interface PodTemplate {
  readonly spec: {
    readonly serviceAccountName: string;
    readonly automountServiceAccountToken: boolean;
    readonly hostNetwork?: boolean;
    readonly volumes?: readonly { readonly hostPath?: { readonly path: string } }[];
    readonly containers: readonly {
      readonly command?: readonly string[];
      readonly args?: readonly string[];
      readonly env?: readonly { readonly name: string }[];
      readonly livenessProbe?: Probe;
      readonly readinessProbe?: Probe;
      readonly startupProbe?: Probe;
      readonly volumeMounts?: readonly { readonly mountPath: string }[];
      readonly securityContext: { readonly capabilities: { readonly add?: readonly string[] } };
    }[];
  };
}

interface Probe {
  readonly exec?: { readonly command: readonly string[] };
}

/**
 * A user who may create Jobs in our namespace could become root on every node, because Pod Security allows everything
 * there. So this policy admits only what we create ourselves: our image with our commands, and the accounts,
 * capabilities and paths of our own templates, by service account.
 */
export function systemPolicy(options: PlatformOptions, standing: readonly OwnTemplate[]): Manifest[] {
  const { image, allowImages = [] } = options;
  const jobs = [...knownLayouts, ...namedLayouts(options)].map(
    (layout) => sessionJob({ name: "", node: "", layout, image, idleSeconds: 0 }).spec.template,
  );
  const templates = [...jobs.map((template) => ({ kind: "Job", template })), ...standing];
  const shapes = shapesOf(templates.map(({ template }) => template as unknown as PodTemplate));
  const images = [...new Set([image, ...allowImages])];
  return admissionPolicy({
    name: `own-pods-only.${group}`,
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": systemNamespace } },
    resources: [
      {
        apiGroups: [""],
        apiVersions: ["v1"],
        operations: ["CREATE", "UPDATE"],
        resources: ["pods", "pods/ephemeralcontainers"],
      },
      // The pods would be rejected anyway, but the author of the Job wouldn't see why. DaemonSets and Deployments are
      // not checked: an API server applies a changed policy a second late, and would reject workloads that were applied
      // together with it.
      { apiGroups: ["batch"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["jobs"] },
    ],
    // Workloads that were admitted earlier may end, whatever is allowed now.
    condition: "request.operation == 'CREATE' || object.spec != oldObject.spec",
    variables: {
      pod: "has(object.spec.template) ? object.spec.template.spec : object.spec",
      account: "variables.pod.?serviceAccountName.orValue('default')",
      containers: "variables.pod.containers + variables.pod.?initContainers.orValue([])",
      volumes: "variables.pod.?volumes.orValue([])",
      capabilities: perAccount(shapes, ({ capabilities }) => capabilities),
      paths: perAccount(shapes, ({ paths }) => paths),
      commands: perAccount(shapes, ({ commands }) => commands),
      variablesSet: perAccount(shapes, ({ env }) => env),
      probes: perAccount(shapes, ({ probes }) => probes),
      mounts: perAccount(shapes, ({ mounts }) => mounts),
      ...matchVariables(templates, images),
    },
    validations: [
      rule(
        `variables.account in ${literal([...shapes.keys()])}`,
        `'service account ' + variables.account + ' is none of those that run in ${systemNamespace}: ${[...shapes.keys()].join(", ")}'`,
      ),
      rule(
        `variables.containers.all(c, c.image in ${literal(images)})`,
        `'image ' + variables.containers.filter(c, !(c.image in ${literal(images)})).map(c, c.image).join(', ') + ' may not run in ${systemNamespace}; allowed: ${images.join(", ")}'`,
      ),
      // An account that isn't ours is rejected by the first rule.
      ...rulesOfShapes(shapes).map(({ expression, message }) =>
        rule(`!(variables.account in ${literal([...shapes.keys()])}) || (${expression})`, literal(message)),
      ),
      // Last, because the rules above have more specific messages.
      matchRule,
      ...jobRules(sessionLabels),
    ],
  });
}

/** Where Kubernetes mounts the token of a service account. */
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

interface Shape {
  readonly capabilities: string[];
  readonly paths: string[];
  /** Commands and arguments that replace the image's own. */
  readonly commands: string[][];
  readonly env: string[];
  /** Commands of the kubelet's probes. */
  readonly probes: string[][];
  readonly mounts: string[];
  readonly hostNetwork: boolean;
  readonly token: boolean;
}

function shapesOf(templates: readonly PodTemplate[]): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const { spec } of templates) {
    const account = spec.serviceAccountName;
    const before = shapes.get(account);
    const containers = spec.containers;
    shapes.set(account, {
      capabilities: unique(
        before?.capabilities,
        ...containers.map((one) => one.securityContext.capabilities.add ?? []),
      ),
      paths: unique(before?.paths, spec.volumes?.flatMap(({ hostPath }) => hostPath?.path ?? []) ?? []),
      commands: [
        ...(before?.commands ?? []),
        ...containers.map(({ command = [], args = [] }) => [...command, ...args]),
      ],
      env: unique(before?.env, ...containers.map(({ env = [] }) => env.map(({ name }) => name))),
      probes: [
        ...(before?.probes ?? []),
        ...containers
          .flatMap((one) => [one.livenessProbe, one.readinessProbe, one.startupProbe])
          .flatMap((probe) => (probe?.exec ? [[...probe.exec.command]] : [])),
      ],
      mounts: unique(
        before?.mounts,
        ...containers.map(({ volumeMounts = [] }) => volumeMounts.map(({ mountPath }) => mountPath)),
        spec.automountServiceAccountToken ? [tokenPath] : [],
      ),
      hostNetwork: spec.hostNetwork ?? false,
      token: spec.automountServiceAccountToken,
    });
  }
  return shapes;
}

function rulesOfShapes(shapes: ReadonlyMap<string, Shape>): { expression: string; message: string }[] {
  const accountsWith = (is: (shape: Shape) => boolean) =>
    [...shapes].filter(([, one]) => is(one)).map(([name]) => name);
  const withToken = literal(accountsWith(({ token }) => token));
  const each = (rule: string) => `variables.containers.all(c, ${rule})`;
  return [
    {
      expression: `!variables.pod.?hostPID.orValue(false) && !variables.pod.?hostIPC.orValue(false) && (!variables.pod.?hostNetwork.orValue(false) || variables.account in ${literal(accountsWith(({ hostNetwork }) => hostNetwork))})`,
      message: "the node's processes, IPC or network are not for this service account",
    },
    {
      expression: `variables.account in ${withToken} || !variables.pod.?automountServiceAccountToken.orValue(true)`,
      message: "this service account has no token",
    },
    {
      expression: each(
        "!c.?securityContext.?privileged.orValue(false) && !c.?securityContext.?allowPrivilegeEscalation.orValue(true) && c.?securityContext.?readOnlyRootFilesystem.orValue(false)",
      ),
      message: "a container must be unprivileged, without privilege escalation, and have a read-only root",
    },
    {
      expression: each(
        "'ALL' in c.?securityContext.?capabilities.?drop.orValue([]) && c.?securityContext.?capabilities.?add.orValue([]).all(one, one in variables.capabilities[variables.account])",
      ),
      message: "a container must drop all capabilities, and add none but those of its service account",
    },
    {
      expression: "variables.volumes.all(v, !has(v.hostPath) || v.hostPath.path in variables.paths[variables.account])",
      message: "a path of the node may be mounted only if it is one of the service account's",
    },
    {
      expression: each(
        "c.?volumeMounts.orValue([]).all(m, m.mountPath in variables.mounts[variables.account] && !has(m.subPath) && !has(m.subPathExpr))",
      ),
      message: "a volume may be mounted only where pulumi-vnic mounts it",
    },
    {
      // Any other volume could replace our program.
      expression: `variables.volumes.all(v, has(v.hostPath) || has(v.emptyDir) || (has(v.projected) && v.name.startsWith('kube-api-access-') && variables.account in ${withToken}))`,
      message: "volumes may be paths of the node, empty folders, and the token of a service account that has one",
    },
    {
      expression: each(
        "c.?command.orValue([]) + c.?args.orValue([]) in variables.commands[variables.account] && !has(c.lifecycle) && [c.?livenessProbe, c.?readinessProbe, c.?startupProbe].all(p, !p.?exec.hasValue() || p.?exec.?command.orValue([]) in variables.probes[variables.account])",
      ),
      message: "a container must run the image's own program, as pulumi-vnic starts it",
    },
    {
      expression: each(
        "!has(c.envFrom) && c.?env.orValue([]).all(e, e.name in variables.variablesSet[variables.account])",
      ),
      message: "a container may have no environment but that which pulumi-vnic gives it",
    },
    {
      expression: "!has(variables.pod.ephemeralContainers) || variables.pod.ephemeralContainers.size() == 0",
      message: `no ephemeral containers in ${systemNamespace}`,
    },
  ];
}

function perAccount(shapes: ReadonlyMap<string, Shape>, read: (shape: Shape) => unknown[]): string {
  return `{${[...shapes].map(([account, shape]) => `${literal(account)}: ${literal(read(shape))}`).join(", ")}}`;
}

function unique(...lists: (readonly string[] | undefined)[]): string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

function rule(expression: string, messageExpression: string): Validation {
  return { expression, messageExpression };
}

/** The pod templates in manifests. */
export function templatesIn(manifests: readonly Manifest[]): OwnTemplate[] {
  return manifests.flatMap((manifest) => {
    const { template } = (manifest as { spec?: { template?: WholeTemplate } }).spec ?? {};
    return template ? [{ kind: manifest.kind, template }] : [];
  });
}
