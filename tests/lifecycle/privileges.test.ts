import { expect } from "chai";
import type { Session } from "../../provider/lifecycle/session/session.ts";
import { Deadline } from "../../provider/lifecycle/deadline.ts";
import { parseLayout } from "../../provider/model/kubernetes/runtime-layout.ts";
import { systemNamespace } from "../../provider/model/names.ts";
import { kindOf } from "../lab/node-kinds.ts";
import { kubectl } from "../support/cluster.ts";
import { useBench } from "../support/use-bench.ts";

/** The fields of a stored pod that determine what the pod may do. */
interface StoredPod {
  readonly spec: {
    readonly hostNetwork?: boolean;
    readonly hostPID?: boolean;
    readonly hostIPC?: boolean;
    readonly serviceAccountName: string;
    readonly automountServiceAccountToken: boolean;
    readonly volumes: { readonly name: string; readonly hostPath?: { readonly path: string } }[];
    readonly containers: {
      readonly securityContext: Record<string, unknown>;
      readonly volumeMounts: { mountPath: string; readOnly?: boolean }[];
    }[];
  };
}

describe("privileges", () => {
  const bench = useBench({ namespace: "privileges" });

  describe("of the running injection Job", () => {
    let pod: StoredPod;
    let status: string;
    let mounts: string;

    before(async () => {
      await bench.driver.sessions.use("node1", new Deadline("opening", 300), async (session: Session) => {
        const list = await kubectl(bench.lab.kubectl, [
          "get",
          "pods",
          "-n",
          systemNamespace,
          "-l",
          `batch.kubernetes.io/job-name=${session.job}`,
          "-o",
          "json",
        ]);
        pod = (JSON.parse(list) as { items: StoredPod[] }).items[0]!;
        const { stdout } = await bench.lab.exec("node1", ["pgrep", "-f", "^/usr/bin/node /app/main.mjs"]);
        const [pid] = stdout.trim().split("\n");
        status = (await bench.lab.exec("node1", ["cat", `/proc/${pid}/status`])).stdout;
        mounts = (await bench.lab.exec("node1", ["cat", `/proc/${pid}/mounts`])).stdout;
      });
    });

    it("are three capabilities, which can't be extended", () => {
      // Bits 12, 13 and 21 of linux/capability.h: NET_ADMIN, NET_RAW, SYS_ADMIN.
      const three = ((1n << 12n) | (1n << 13n) | (1n << 21n)).toString(16).padStart(16, "0");
      expect(status).to.match(new RegExp(`^CapBnd:\\t${three}$`, "m"));
      expect(status).to.match(new RegExp(`^CapPrm:\\t${three}$`, "m"));
      expect(status).to.match(new RegExp(`^CapEff:\\t${three}$`, "m"));
      expect(status).to.match(/^NoNewPrivs:\t1$/m);
      expect(status, "a seccomp filter").to.match(/^Seccomp:\t2$/m);
    });

    it("don't include a privileged container's rights or the node's processes", () => {
      const [container] = pod.spec.containers;
      expect(container?.securityContext).to.deep.include({
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
      });
      expect(container?.securityContext.capabilities).to.deep.equal({
        drop: ["ALL"],
        add: ["NET_ADMIN", "SYS_ADMIN", "NET_RAW"],
      });
      expect(pod.spec.hostPID ?? false).to.equal(false);
      expect(pod.spec.hostIPC ?? false).to.equal(false);
      expect(pod.spec.hostNetwork).to.equal(true);
    });

    it("include the folders of its node's layout, only one of them writable, and no socket of the runtime", async () => {
      const { mounted, netnsDirectories } = parseLayout(kindOf("node1").layout);
      expect(pod.spec.volumes.map(({ hostPath }) => hostPath?.path)).to.have.members([
        mounted,
        ...netnsDirectories,
        "/var/lib/cni/results",
        "/var/lib/pulumi-vnic",
      ]);
      const writable = pod.spec.containers[0]?.volumeMounts
        .filter(({ readOnly }) => !readOnly)
        .map(({ mountPath }) => mountPath);
      expect(writable).to.deep.equal(["/var/lib/pulumi-vnic"]);
      const { stdout } = await bench.lab.exec("node1", [
        "find",
        mounted,
        ...netnsDirectories,
        "-name",
        "containerd.sock*",
      ]);
      expect(stdout).to.equal("");
      expect(mounts).to.match(/^\S+ \/ overlay ro,/m);
    });

    it("don't include a token of the API server", () => {
      expect(pod.spec.automountServiceAccountToken).to.equal(false);
      expect(mounts).not.to.include("kubernetes.io/serviceaccount");
    });
  });
});
