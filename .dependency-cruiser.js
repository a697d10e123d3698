/**
 * The directions that imports may take. ARCHITECTURE.md says why.
 *
 * Each room may import itself and what its line names; all else is forbidden. Type imports count, because they too decide what a
 * reader of a file must know.
 */
const npm = (...names) => names.map((name) => `node_modules/(@types/)?${name}/`);
const node = (...names) => [`^(node:)?(${names.join("|")})$`];
const anyNode = node("[a-z_/]+");
const rooms = (...names) => names.map((name) => `^provider/${name}/`);

const pure = [...npm("zod", "ipaddr\\.js"), ...node("crypto", "net", "util")];
// The Pulumi SDK depends on gRPC, with which the provider shows its progress.
const pulumi = npm("@pulumi/pulumi", "@pulumi/kubernetes", "@grpc/grpc-js");

/** What each room may import, beside itself. */
const allowed = {
  "provider/base": pure,
  "provider/model": [...rooms("base"), ...pure],
  "provider/cluster": [
    ...rooms("base", "model"),
    ...npm("@kubernetes/client-node", "p-retry", "ws", "yaml"),
    ...anyNode,
  ],
  // The cluster's interface, not its implementation.
  "provider/lifecycle": [
    ...rooms("base", "model"),
    "^provider/cluster/cluster\\.ts$",
    ...npm("zod", "ipaddr\\.js", "p-limit"),
    ...anyNode,
  ],
  "provider/reconciler": [
    ...rooms("base", "model", "cluster", "lifecycle"),
    ...npm("prom-client", "p-limit"),
    ...anyNode,
  ],
  "provider/node": [...rooms("base", "model"), ...npm("zod", "ipaddr\\.js", "p-limit"), ...anyNode],
  "provider/agent": [...rooms("base", "model", "node", "cluster"), ...npm("zod", "ipaddr\\.js", "p-limit"), ...anyNode],
  "provider/hooks": [...rooms("base", "model", "cluster", "lifecycle"), ...pulumi, ...npm("yaml"), ...anyNode],
  "provider/cli": [
    ...rooms("base", "model", "cluster", "lifecycle"),
    ...npm("commander", "p-limit", "yaml"),
    ...anyNode,
  ],
  sdk: ["^provider/cli/manifests\\.ts$", ...pulumi, ...anyNode],
};

export default {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    ...Object.entries(allowed).map(([room, others]) => ({
      name: `${room}-imports`,
      severity: "error",
      from: { path: `^${room}/` },
      to: { pathNot: [`^${room}/`, ...others] },
    })),
    {
      name: "client-in-cluster-alone",
      comment: "Only provider/cluster speaks to the API server.",
      severity: "error",
      from: { path: "^(provider|sdk)/", pathNot: "^provider/cluster/" },
      to: { path: "node_modules/@kubernetes/client-node/" },
    },
    {
      name: "not-from-tests",
      comment: "Shipped code must not import tests.",
      severity: "error",
      from: { path: "^(provider|sdk|examples/(?!demo))" },
      to: { path: "^tests/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules|^dist/" },
    exclude: { path: "^dist/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["types", "import", "node", "default"] },
  },
};
