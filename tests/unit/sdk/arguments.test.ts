import type { Unwrap } from "@pulumi/pulumi";
import { expect } from "chai";
import type { platformParts, PlatformOptions } from "../../../provider/cli/manifests.ts";
import type { NetworkDefinition } from "../../../provider/model/network/definition.ts";
import type { NodeNetwork } from "../../../provider/model/network/mode.ts";
import type { AttachedNetwork, NamedNetwork } from "../../../provider/model/network/reference.ts";
import type { SetDefinition } from "../../../provider/model/vnic-set/definition.ts";
import type { Definition } from "../../../provider/model/vnic/definition.ts";
import type {
  NamedNetworkArgs,
  NetworkArgs,
  NetworkAttachmentArgs,
  NetworkDefinitionArgs,
  PlatformArgs,
  PlatformPart,
  VnicArgs,
  VnicSetArgs,
} from "../../../sdk/index.ts";

/* The argument types are written by hand, for readers; here the compiler compares them with the tables of fields. */

/** A type without the allowed differences between arguments and definitions: optional and read-only fields. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]-?: Plain<Exclude<T[K], undefined>> }
    : T;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Whether arguments have the fields of a definition, each with the same type. */
type Agree<Args, Fields> = Same<Plain<Unwrap<Args>>, Plain<Fields>>;

type Own<T> = Omit<T, "declaredBy">;

const agreements: {
  readonly vnic: Agree<Omit<VnicArgs, "network">, Omit<Own<Definition>, "network">>;
  readonly inlineNetwork: Agree<NetworkArgs, NodeNetwork>;
  readonly namedNetwork: Agree<NamedNetworkArgs, Omit<NamedNetwork, "definition">>;
  readonly attachedNetwork: Agree<NetworkAttachmentArgs, AttachedNetwork>;
  readonly vnicSet: Agree<Omit<VnicSetArgs, "template">, Omit<Own<SetDefinition>, "template">>;
  readonly template: Same<keyof Unwrap<VnicSetArgs>["template"], keyof SetDefinition["template"]>;
  readonly network: Agree<NetworkDefinitionArgs, Own<NetworkDefinition>>;
  readonly platform: Agree<Omit<PlatformArgs, "without">, PlatformOptions>;
  readonly platformPart: Same<PlatformPart, (typeof platformParts)[number]>;
} = {
  vnic: true,
  inlineNetwork: true,
  namedNetwork: true,
  attachedNetwork: true,
  vnicSet: true,
  template: true,
  network: true,
  platform: true,
  platformPart: true,
};

describe("the arguments of a resource", () => {
  for (const [kind, agree] of Object.entries(agreements))
    it(`have the fields that the provider accepts: ${kind}`, () => {
      expect(agree).to.equal(true);
    });
});
