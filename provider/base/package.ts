/** This package's version. A test compares it with `package.json`. */
export const packageVersion = "0.1.0";

/** The lowest stub protocol number that the hooks support. An update replaces older stubs in state. */
export const minStubProtocol = 1;

/** The lowest Node.js version that the Kubernetes client supports. */
export const minNodeVersion = [22, 19] as const;

/** The default node image. Load it onto the nodes, or push it to your registry and set `vnic:image`. */
export const defaultImage = `localhost/pulumi-vnic-node:${packageVersion}`;
