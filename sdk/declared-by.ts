import * as pulumi from "@pulumi/pulumi";

/**
 * The URN that a resource will have. The record stores it as the declaring resource, and the provider finds the
 * resource's row in the progress display by it. It is a promise and not an output: with the parent's URN as an output,
 * the child would depend on its parent and so on all of the parent's children, itself included.
 */
export function urnOf(type: string, name: string, parent: pulumi.Resource | undefined): Promise<string> {
  return new Promise((resolve) => {
    pulumi.createUrn(name, type, parent).apply(resolve);
  });
}
