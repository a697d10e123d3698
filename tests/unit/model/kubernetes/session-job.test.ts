import { expect } from "chai";
import { injectorServiceAccount, systemNamespace } from "../../../../provider/model/names.ts";
import type { PodObject } from "../../../../provider/model/kubernetes/pod.ts";
import {
  cniResultsDirectory,
  knownLayouts,
  parseLayout,
  stateDirectory,
} from "../../../../provider/model/kubernetes/runtime-layout.ts";
import { readSessionPod } from "../../../../provider/model/kubernetes/session-pod.ts";
import { sessionJob } from "../../../../provider/model/kubernetes/session-job.ts";

const options = {
  name: "vnic-session-1",
  node: "worker-1",
  layout: parseLayout("containerd"),
  image: "localhost/image:1",
  idleSeconds: 60,
};
const podSpec = (layout = options.layout) => sessionJob({ ...options, layout }).spec.template.spec;

describe("an injection Job", () => {
  it("is pinned to its node, and tolerates all taints", () => {
    expect(podSpec()).to.deep.include({ nodeName: "worker-1", tolerations: [{ operator: "Exists" }] });
    expect(sessionJob(options).metadata.namespace).to.equal(systemNamespace);
  });

  it("runs once, and is removed by the cluster if not by us", () =>
    expect(sessionJob(options).spec).to.deep.include({
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      ttlSecondsAfterFinished: 10,
    }));

  it("keeps stdin open for one client only", () =>
    expect(podSpec().containers[0]).to.deep.include({ stdin: true, stdinOnce: true, image: "localhost/image:1" }));

  it("has no privileges beyond three capabilities", () => {
    expect(podSpec().containers).to.have.length(1);
    expect(podSpec().containers[0].securityContext).to.deep.equal({
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsUser: 0,
      seccompProfile: { type: "RuntimeDefault" },
      appArmorProfile: { type: "Unconfined" },
      seLinuxOptions: { type: "spc_t" },
      capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "SYS_ADMIN", "NET_RAW"] },
    });
  });

  it("shares the node's network, but neither its processes nor its IPC", () => {
    expect(podSpec()).to.have.property("hostNetwork", true);
    expect(podSpec()).to.not.have.any.keys("hostPID", "hostIPC", "shareProcessNamespace");
  });

  it("has no token of the API server and no secret", () => {
    expect(podSpec()).to.deep.include({
      serviceAccountName: injectorServiceAccount,
      automountServiceAccountToken: false,
    });
    const text = JSON.stringify(sessionJob(options));
    for (const word of ["secret", "configMap", "projected", "envFrom"]) expect(text).to.not.include(word);
  });

  for (const layout of knownLayouts)
    it(`mounts few folders of a node with ${layout.name}, none with the runtime's socket, and only its own for writing`, () => {
      const paths = podSpec(layout).volumes.map(({ hostPath }) => hostPath.path);
      expect(paths).to.have.members([layout.mounted, ...layout.netnsDirectories, cniResultsDirectory, stateDirectory]);
      for (const path of paths)
        for (const socket of [
          "/run/containerd/containerd.sock",
          "/var/run/crio/crio.sock",
          "/run/crio/crio.sock",
          "/run/docker.sock",
          "/run/k3s/containerd/containerd.sock",
          "/run/k0s/containerd.sock",
          "/var/snap/microk8s/common/run/containerd.sock",
        ])
          expect(socket.startsWith(`${path}/`), `${socket} below ${path}`).to.equal(false);
      for (const { mountPath, ...mount } of podSpec(layout).containers[0].volumeMounts) {
        expect(paths, "the same path inside and outside").to.include(mountPath);
        expect("readOnly" in mount && mount.readOnly, mountPath).to.equal(mountPath !== stateDirectory);
      }
    });
});

describe("the pod of an injection Job", () => {
  const waiting = (reason?: string, message?: string): PodObject => ({
    status: {
      phase: "Pending",
      containerStatuses: [
        { name: "session", state: { waiting: { ...(reason && { reason }), ...(message && { message }) } } },
      ],
    },
  });

  const stuckReasons = [
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
  ];
  for (const reason of stuckReasons)
    it(`can't start when it waits for ${reason}, with the kubelet's message`, () =>
      expect(readSessionPod(waiting(reason, "no such image"))).to.deep.equal({
        state: "stuck",
        why: `${reason}: no such image`,
      }));

  for (const reason of ["ContainerCreating", "PodInitializing", "ErrImagePull"])
    it(`is starting when it waits for ${reason}`, () =>
      expect(readSessionPod(waiting(reason))).to.deep.equal({ state: "starting", why: reason }));

  it("is starting when it has no status yet", () => {
    expect(readSessionPod({})).to.deep.equal({ state: "starting", why: "no status yet" });
    expect(readSessionPod({ status: { phase: "Pending" } })).to.deep.equal({ state: "starting", why: "Pending" });
  });

  it("is running when its container is running", () =>
    expect(
      readSessionPod({
        status: { phase: "Running", containerStatuses: [{ name: "session", state: { running: {} } }] },
      }),
    ).to.deep.equal({
      state: "running",
    }));

  it("can't start when the kubelet rejected it", () =>
    expect(
      readSessionPod({
        status: { phase: "Failed", reason: "OutOfpods", message: "Node didn't have enough resource: pods" },
      }),
    ).to.deep.equal({
      state: "stuck",
      why: "phase Failed: OutOfpods: Node didn't have enough resource: pods",
    }));

  it("can't start when its container ended, with its exit code and last output", () => {
    const state = { terminated: { exitCode: 137, reason: "OOMKilled", message: "killed" } };
    expect(
      readSessionPod({ status: { phase: "Failed", containerStatuses: [{ name: "session", state }] } }),
    ).to.deep.equal({
      state: "stuck",
      why: "phase Failed: exit code 137, OOMKilled, killed",
    });
  });
});
