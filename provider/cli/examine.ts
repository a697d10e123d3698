import { isVnicError, messageOf } from "../base/errors.ts";
import type { Access } from "../cluster/kubeconfig.ts";
import { openRawApi, type RawApi } from "../cluster/raw-api.ts";
import { examineApiServer } from "../model/doctor/api-server.ts";
import { fault, type Finding } from "../model/doctor/finding.ts";
import { examineInstallation } from "../model/doctor/installation.ts";
import { examineNetworks, examinePod, examineRecords } from "../model/doctor/records.ts";
import { examineRights } from "../model/doctor/rights.ts";
import { examineWorkloads } from "../model/doctor/workloads.ts";
import type { PodObject } from "../model/kubernetes/pod.ts";
import { apiVersion, parseVnicId, providerServiceAccount, userOfAccount } from "../model/names.ts";
import type { StoredNetwork } from "../model/network/record.ts";
import { pathOf } from "../model/platform/manifest.ts";
import { platformManifests } from "../model/platform/platform.ts";
import { fixedAddresses, type StoredVnic } from "../model/vnic/record.ts";
import { examineNodes } from "./examine-nodes.ts";
import { selectVnics, type VnicScope } from "./examine-scope.ts";
import { deniedRights, whoAmI } from "./access-review.ts";
import { readWorkloads } from "./workload-facts.ts";

/** What to examine, and the node image to use. */
export interface Scope extends VnicScope {
  readonly image: string;
}

/** Returns all findings about a cluster; throws if its API server doesn't answer. */
export async function examine(access: Access, options: Scope): Promise<Finding[]> {
  const api = await openRawApi(access);
  const server = await examineServer(api);
  const [installation, rights, records] = await Promise.all([
    readInstallation(api, options.image).then((objects) => examineInstallation(objects, options.image)),
    examineAccounts(api),
    examineVnics(api, access, options),
  ]);
  return [...server, ...installation, ...rights, ...records];
}

async function examineServer(api: RawApi): Promise<Finding[]> {
  const version = await api.get<{ gitVersion: string; major: string; minor: string }>("/version");
  const measured = [await api.measure(), await api.measure(), await api.measure()];
  const [fastest = measured[0]!] = measured.sort((one, other) => one.milliseconds - other.milliseconds);
  return examineApiServer({
    server: api.server,
    version: version ?? { gitVersion: "?", major: "?", minor: "?" },
    ...fastest,
  });
}

async function readInstallation(api: RawApi, image: string) {
  const kinds = [
    "CustomResourceDefinition",
    "Namespace",
    "ServiceAccount",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
  ];
  const wanted = platformManifests({ image, without: ["agent", "reconciler"] }).filter(({ kind }) =>
    kinds.includes(kind),
  );
  const objects = await Promise.all(
    wanted.map(async (manifest) => {
      try {
        return [{ wanted: manifest, found: await api.get<object>(pathOf(manifest)) }];
      } catch (error) {
        // Without the right to read, there is nothing to report; missing rights have a finding of their own.
        if (isVnicError(error, "forbidden")) return [];
        throw error;
      }
    }),
  );
  return objects.flat();
}

async function examineAccounts(api: RawApi): Promise<Finding[]> {
  const [me, mine, provider] = await Promise.all([
    whoAmI(api),
    deniedRights(api),
    deniedRights(api, userOfAccount(providerServiceAccount)),
  ]);
  return [
    ...examineRights(me, mine ?? []),
    // A review for another account needs a right that not every user has.
    ...(provider ? examineRights(`account ${providerServiceAccount}`, provider) : []),
  ];
}

async function examineVnics(api: RawApi, access: Access, options: Scope): Promise<Finding[]> {
  const list = async <T>(path: string) => {
    try {
      return (await api.get<{ items: T[] }>(path))?.items ?? [];
    } catch (error) {
      if (isVnicError(error, "notInstalled", "forbidden")) return [];
      throw error;
    }
  };
  const [allVnics, sets, allNetworks] = await Promise.all([
    list<StoredVnic>(`/apis/${apiVersion}/vnics`),
    list<object>(`/apis/${apiVersion}/vnicsets`),
    list<StoredNetwork>(`/apis/${apiVersion}/vnicnetworks`),
  ]);
  const named =
    options.network === undefined
      ? allNetworks
      : allNetworks.filter(({ metadata }) => metadata.name === options.network);
  const pod = options.pod === undefined ? undefined : parseVnicId(options.pod);
  const object = pod && (await api.get<PodObject>(`/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`));
  const vnics = await selectVnics(api, allVnics, options);
  const leased = allVnics.filter(
    ({ spec }) => spec.dhcp !== undefined || (fixedAddresses(spec).length === 0 && !spec.slaac),
  );
  const workloads = await readWorkloads(api, {
    vnicSets: sets.length,
    leasedVnics: leased.length,
    image: options.image,
  });
  const only = options.node ?? object?.spec?.nodeName;
  const nodes = await examineNodes(api, access, {
    networks: named,
    vnics,
    image: options.image,
    ...(only === undefined ? {} : { only }),
  }).catch((error: unknown) => [
    fault("nodes", messageOf(error), "use an account that may get nodes, such as vnic-provider"),
  ]);
  // A Network isn't part of a node or a pod.
  const isWhole = options.node === undefined && options.pod === undefined;
  return [
    ...(workloads ? examineWorkloads(workloads) : []),
    ...(options.network !== undefined && named.length === 0
      ? [fault(`Network ${options.network}`, "there is no such VnicNetwork", "kubectl get vnicnetworks")]
      : []),
    ...(pod ? [examinePod(pod, object)] : []),
    ...examineRecords(vnics, workloads?.reconciler !== undefined, nodes),
    ...(isWhole ? examineNetworks(named, allVnics) : []),
  ];
}
