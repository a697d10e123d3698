import { VnicError } from "../../provider/base/errors.ts";
import type { FakeCluster } from "./cluster.ts";

/** The view of a cluster that a process has which dies after `calls` calls: all later ones fail and change nothing. */
export function mortal(cluster: FakeCluster, calls: number): FakeCluster {
  let left = calls;
  return new Proxy(cluster, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...argv: unknown[]): unknown => {
        if (left-- <= 0) return Promise.reject(new VnicError("unreachable", "the process is dead"));
        return Reflect.apply(member, target, argv);
      };
    },
  });
}
