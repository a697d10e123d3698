import { copyFile, mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cached } from "./cache.ts";
import { ensureDebianPackages } from "./debian-packages.ts";
import { findProgram } from "./find-program.ts";
import { goBuild, goModule, versionOf } from "./go-build.ts";
import { must, run } from "./run.ts";

/** Returns a folder with kube-apiserver, kube-controller-manager, kube-scheduler, kubelet and kubectl. */
export async function ensureKubernetes(): Promise<string> {
  const module = goModule("kubernetes");
  const version = await versionOf(module, "k8s.io/kubernetes");
  return cached(`kubernetes-${version}`, `building Kubernetes ${version} (5 minutes on 2 cores)`, async (bin) => {
    await goBuild(module, bin, versionFlags(version));
  });
}

/**
 * Returns a folder with a kubelet whose version has the given suffix, such as `+k3s1` in k3s; the suffix may be empty.
 */
export async function ensureKubelet(suffix: string): Promise<string> {
  const programs = await ensureKubernetes();
  if (suffix === "") return programs;
  const module = goModule("kubernetes");
  const version = (await versionOf(module, "k8s.io/kubernetes")) + suffix;
  // Only the linker has to run, because the compiled packages are in Go's build cache.
  return cached(`kubelet-${version}`, `linking kubelet ${version}`, (bin) =>
    goBuild(module, bin, versionFlags(version), { what: "k8s.io/kubernetes/cmd/kubelet" }),
  );
}

function versionFlags(version: string): string {
  const [, minor = ""] = version.split(".");
  const stamp = "k8s.io/component-base/version";
  return `-X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=1 -X ${stamp}.gitMinor=${minor}`;
}

/** Returns a folder with crio, pinns and runc, and installs the packages that these need to be built and to run. */
export async function ensureCrio(): Promise<string> {
  await ensureDebianPackages(["conmon", "gcc", "libc6-dev", "libseccomp-dev", "pkg-config", "skopeo"]);
  const module = goModule("cri-o");
  const version = await versionOf(module, "github.com/cri-o/cri-o");
  const runc = await ensureRunc();
  const crio = await cached(`cri-o-${version}`, `building CRI-O ${version} (2 minutes on 2 cores)`, async (bin) => {
    const tags = "containers_image_openpgp exclude_graphdriver_btrfs seccomp";
    await goBuild(module, bin, "", { tags, cgo: true });
    const find = ["go", "list", "-m", "-f", "{{.Dir}}", "github.com/cri-o/cri-o"];
    const sources = join((await must(find, { cwd: module })).trim(), "pinns", "src");
    const compile = 'cc -std=c99 -Os -static -o "$1/pinns" "$2"/*.c';
    await must(["sh", "-c", compile, "compile", bin, sources]);
  });
  await placeProgram(join(runc, "runc"), join(crio, "runc"));
  return crio;
}

/** Copies a program, unless it is there already. Another lab may be running it, so the file isn't written to. */
async function placeProgram(from: string, to: string): Promise<void> {
  if ((await run(["cmp", "--quiet", from, to])).code === 0) return;
  const temporary = `${to}.${process.pid}`;
  await copyFile(from, temporary);
  await rename(temporary, to);
}

/** Returns a folder with runc. Debian's version can't run pods with user namespaces. */
async function ensureRunc(): Promise<string> {
  const module = goModule("runc");
  const version = await versionOf(module, "github.com/opencontainers/runc");
  return cached(`runc-${version}`, `building runc ${version} (1 minute on 2 cores)`, (bin) =>
    goBuild(module, bin, "", { tags: "seccomp", cgo: true }),
  );
}

/** Returns a folder with `pulumi` and its Node language host, unless both are already on PATH. */
export async function ensurePulumi(): Promise<string> {
  const own = findProgram("pulumi");
  if (own !== undefined && findProgram("pulumi-language-nodejs") !== undefined) return dirname(own);
  const engine = goModule("pulumi");
  const host = goModule("pulumi-language-nodejs");
  const version = await versionOf(engine, "github.com/pulumi/pulumi/pkg/v3");
  return cached(`pulumi-${version}`, `building Pulumi ${version} (3 minutes on 2 cores)`, async (bin) => {
    await goBuild(engine, bin, `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`);
    await goBuild(host, bin, "");
    const sdk = ["go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"];
    const dist = join((await must(sdk, { cwd: host })).trim(), "nodejs", "dist");
    for (const plugin of ["pulumi-resource-pulumi-nodejs", "pulumi-analyzer-policy"]) {
      await copyFile(join(dist, plugin), join(bin, plugin));
    }
    await must(["chmod", "755", join(bin, "pulumi-resource-pulumi-nodejs"), join(bin, "pulumi-analyzer-policy")]);
  });
}

/** Returns a folder with `helm`. */
export async function ensureHelm(): Promise<string> {
  const own = findProgram("helm");
  if (own !== undefined) return dirname(own);
  const module = goModule("helm");
  const version = await versionOf(module, "helm.sh/helm/v4");
  return cached(`helm-${version}`, `building Helm ${version} (1 minute on 2 cores)`, (bin) => goBuild(module, bin, ""));
}

/** Returns the path of promtool, which tests rules of Prometheus; without service discovery, which takes most of its build. */
export async function ensurePromtool(): Promise<string> {
  const own = findProgram("promtool");
  if (own !== undefined) return own;
  const module = goModule("promtool");
  const version = await versionOf(module, "github.com/prometheus/prometheus");
  const bin = await cached(`promtool-${version}`, `building promtool ${version} (2 minutes on 2 cores)`, (path) =>
    goBuild(module, path, "", { tags: "remove_all_sd" }),
  );
  return join(bin, "promtool");
}

/** Returns the path of kapply, which shows the status of objects as the library kstatus sees it. */
export async function ensureKapply(): Promise<string> {
  const module = goModule("kapply");
  const version = await versionOf(module, "sigs.k8s.io/cli-utils");
  const bin = await cached(`kapply-${version}`, `building kapply ${version} (2 minutes on 2 cores)`, (path) =>
    goBuild(module, path, ""),
  );
  // Go names a program after its folder.
  return join(bin, "cmd");
}

/** Returns a folder with the engine's plugin for @pulumi/kubernetes. */
export async function ensureKubernetesPlugin(): Promise<string> {
  const module = goModule("kubernetes-plugin");
  const dependency = "github.com/pulumi/pulumi-kubernetes/provider/v4";
  const version = await versionOf(module, dependency);
  const what = `building the engine's Kubernetes plugin ${version} (8 minutes on 2 cores)`;
  return cached(`pulumi-kubernetes-${version}`, what, async (bin) => {
    // The engine warns of a plugin that is older than the npm package.
    const npm = join(import.meta.dirname, "..", "..", "node_modules", "@pulumi", "kubernetes", "package.json");
    const { version: asked } = JSON.parse(await readFile(npm, "utf8")) as { version: string };
    await goBuild(module, bin, `-X ${dependency}/pkg/version.Version=${asked}`, {
      what: "./pulumi-resource-kubernetes",
      // A type for each kind of Kubernetes, which are 26 MB of generated code, and most of the build.
      notInlined: "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/...",
    });
    const sources = (await must(["go", "list", "-m", "-f", "{{.Dir}}", dependency], { cwd: module })).trim();
    await copyFile(join(sources, "cmd", "pulumi-resource-kubernetes", "schema.json"), join(bin, "schema.json"));
  });
}

/** Returns the path of a Node.js executable for images, which only needs the C++ library. */
export async function ensureNode(): Promise<string> {
  const script = await readFile(join(import.meta.dirname, "..", "..", "scripts", "with-node"), "utf8");
  const version = /^version=(\S+)/m.exec(script)?.[1] ?? "";
  const dir = await cached(`node-${version}`, `fetching Node ${version}`, async (path) => {
    await mkdir(join(path, "bin"), { recursive: true });
    await must(["npm", "pack", "--silent", "--pack-destination", ".", `node-linux-${process.arch}@${version}`], {
      cwd: path,
    });
    await must(["sh", "-c", "tar -xzf *.tgz package/bin/node package/LICENSE && rm *.tgz"], { cwd: path });
    await must(["sh", "-c", "mv package/bin/node bin/ && mv package/LICENSE . && rmdir package/bin package"], {
      cwd: path,
    });
  });
  return join(dir, "bin", "node");
}
