import { reconcilerName, systemNamespace } from "../names.ts";
import { counted, type Finding, fault, installRemedy, ok, warning } from "./finding.ts";

/** State of the reconciler and the node agent, and who needs them. */
export interface WorkloadFacts {
  readonly reconciler: { readonly wanted: number; readonly ready: number; readonly image: string } | undefined;
  /** The holder of the leader election Lease; undefined if there never was a leader. */
  readonly leader:
    { readonly holder: string; readonly renewedSecondsAgo: number; readonly leaseSeconds: number } | undefined;
  readonly agent:
    { readonly wanted: number; readonly ready: number; readonly missingOn: readonly string[] } | undefined;
  readonly vnicSets: number;
  /** Number of Vnics with an address from DHCP. */
  readonly leasedVnics: number;
  /** The image that this command and the provider use. */
  readonly image: string;
}

export function examineWorkloads(facts: WorkloadFacts): Finding[] {
  return [...examineReconciler(facts), ...examineAgent(facts)];
}

function examineReconciler({ reconciler, leader, vnicSets, image }: WorkloadFacts): Finding[] {
  const subject = "reconciler";
  const look = `kubectl -n ${systemNamespace} describe deployment/${reconcilerName} pods -l app.kubernetes.io/component=reconciler`;
  if (!reconciler)
    return [
      vnicSets > 0
        ? fault(subject, `isn't installed, which ${counted(vnicSets, "VnicSet")} can't do without`, installRemedy)
        : warning(subject, "isn't installed: only a run of Pulumi repairs Vnics", installRemedy),
    ];
  const { wanted, ready } = reconciler;
  const findings: Finding[] = [];
  if (ready === 0 && wanted > 0) findings.push(fault(subject, `none of ${wanted} replicas is ready`, look));
  else if (ready < wanted) findings.push(warning(subject, `${ready} of ${wanted} replicas are ready`, look));
  else if (wanted === 0)
    findings.push(
      warning(
        subject,
        "is scaled to 0 replicas",
        `kubectl -n ${systemNamespace} scale deployment/${reconcilerName} --replicas=2`,
      ),
    );
  else findings.push(ok(subject, `${ready} of ${wanted} replicas are ready`));
  if (ready > 0) {
    const leads = leader && leader.holder !== "" && leader.renewedSecondsAgo <= 2 * leader.leaseSeconds;
    const logs = `kubectl -n ${systemNamespace} logs deployment/${reconcilerName}`;
    findings.push(
      leads
        ? ok(subject, `${leader.holder} leads`)
        : fault(subject, "no replica is the leader, so no Vnic is reconciled", logs),
    );
  }
  if (reconciler.image !== image)
    findings.push(
      warning(
        subject,
        `runs image ${reconciler.image}, this package takes ${image}`,
        "apply the manifests with the image of vnic:image",
      ),
    );
  return findings;
}

function examineAgent({ agent, leasedVnics }: WorkloadFacts): Finding[] {
  const subject = "node agent";
  if (!agent)
    return [
      leasedVnics > 0
        ? fault(
            subject,
            `isn't installed, which keeps the leases of ${counted(leasedVnics, "Vnic")} with DHCP`,
            installRemedy,
          )
        : warning(subject, "isn't installed: DHCP isn't available, and failing NICs aren't reported", installRemedy),
    ];
  const message = `${agent.ready} of ${agent.wanted} are ready`;
  if (agent.ready >= agent.wanted) return [ok(subject, message)];
  const where = agent.missingOn.length > 0 ? `; not on ${agent.missingOn.join(", ")}` : "";
  return [
    fault(
      subject,
      message + where,
      `kubectl -n ${systemNamespace} get pods -l app.kubernetes.io/component=node-agent -o wide`,
    ),
  ];
}
