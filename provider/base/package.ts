/** Of this package; `package.json` says the same, and a test compares the two. */
export const packageVersion = "0.1.0";

/** Of the stub's text in `sdk/stub.ts`, which names the same number. */
export const stubProtocol = 1;

/** The same of `sdk/vnic-set-stub.ts`. */
export const setStubProtocol = 1;

/** Of the one in `sdk/network-stub.ts`. */
export const networkStubProtocol = 1;

/** The least Node.js that the Kubernetes client loads on. */
export const leastNode = [22, 19] as const;

/** The node side as an image. Put it on the nodes, or in your registry and name it by `vnic:image`. */
export const defaultImage = `localhost/pulumi-vnic-node:${packageVersion}`;
