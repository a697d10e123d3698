import { defaultImage } from "../../provider/base/package.ts";
import { parseLayout } from "../../provider/model/kubernetes/runtime-layout.ts";
import { sessionJob, type SessionJob, type SessionJobOptions } from "../../provider/model/kubernetes/session-job.ts";

/** The Job of a session on node1, with the default image and layout. `given` overrides these options. */
export function someSessionJob(given: Partial<SessionJobOptions> = {}): SessionJob {
  const layout = parseLayout("containerd");
  return sessionJob({ name: "probe", node: "node1", layout, image: defaultImage, idleSeconds: 60, ...given });
}
