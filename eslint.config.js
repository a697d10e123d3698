import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/** Imports point one way; see ARCHITECTURE.md. `folder` may import nothing that matches `forbidden`. */
const oneWay = (folder, forbidden, message) => ({
  files: [`${folder}/**/*.ts`],
  rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns: [{ regex: forbidden, message }] }] },
});

export default tseslint.config(
  {
    ignores: [
      "dist/",
      "node_modules/",
      "**/*.js",
      "tests/fixtures/",
      "examples/quickstart/",
      "examples/dhcp/",
      "examples/network/",
      "examples/pull-request/",
      "examples/promotion/",
      "examples/statefulset/",
    ],
  },
  eslint.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_+$", argsIgnorePattern: "^_" }],
      // An interface is often asynchronous for the sake of one of its implementations.
      "@typescript-eslint/require-await": "off",
      // Interfaces are kept by object literals without `this`.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
    },
  },
  oneWay("sdk", "/(model|cluster|lifecycle|node)/|client-node", "sdk/ knows the provider by its package name alone"),
  oneWay(
    "provider/model",
    "^\\.\\./|^(?!\\./|zod$|ipaddr\\.js$|node:(crypto|net|util)$)",
    "model/ is pure: zod, ipaddr.js and its own files only",
  ),
  oneWay(
    "provider/model/*",
    "^\\.\\./\\.\\.|^(?!\\.\\.?/|zod$|ipaddr\\.js$|node:(crypto|net|util)$)",
    "model/ is pure: zod, ipaddr.js and its own files only",
  ),
  oneWay("provider/cluster", "/(agent|lifecycle|node|sdk)/|@pulumi/", "cluster/ knows the model alone"),
  oneWay(
    "provider/lifecycle",
    "client-node|/kube-cluster|/(agent|node|sdk)/|@pulumi/",
    "lifecycle/ knows the model and the cluster's interface alone",
  ),
  oneWay(
    "provider/reconciler",
    "client-node|/(node|sdk)/|@pulumi/",
    "reconciler/ drives the lifecycle by the cluster's interface",
  ),
  oneWay(
    "provider/node",
    "/(agent|cluster|lifecycle|sdk)/|client-node|@pulumi/",
    "node/ runs on the node: it knows the model alone",
  ),
  oneWay(
    "provider/agent",
    "/(lifecycle|sdk)/|client-node|@pulumi/",
    "agent/ runs on the node: it knows node/, the model and the cluster's own interface",
  ),
  {
    files: ["provider/*.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        { patterns: [{ regex: "/(node|agent)/", message: "only the agent imports node/: both travel as an image" }] },
      ],
    },
  },
  {
    files: ["sdk/*stub.ts"],
    // Pulumi's own types of the hooks are `any`; the hooks say what they take.
    rules: { "@typescript-eslint/no-unsafe-argument": "off" },
  },
  {
    files: ["tests/**/*.ts"],
    // chai's assertions are expressions.
    rules: { "@typescript-eslint/no-unused-expressions": "off" },
  },
);
