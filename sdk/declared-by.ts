import * as pulumi from "@pulumi/pulumi";

/**
 * The URN that a resource is about to have: by it a record says who declares it, and the provider finds the row to show its
 * progress on. A promise and no output, as the URN of a parent as an output would make the child depend on its parent, and so
 * on all of the parent's children, of which it is one.
 */
export function urnOf(type: string, name: string, parent: pulumi.Resource | undefined): Promise<string> {
  return new Promise((resolve) => {
    pulumi.createUrn(name, type, parent).apply(resolve);
  });
}
