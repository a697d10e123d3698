import { isVnicError } from "../base/errors.ts";
import type { RawApi } from "../cluster/raw-api.ts";
import { neededRights, type Right } from "../model/doctor/rights.ts";

/** The user name under which the API server knows us. */
export async function whoAmI(api: RawApi): Promise<string> {
  const review = await api
    .post<{ status?: { userInfo?: { username?: string } } }>("/apis/authentication.k8s.io/v1/selfsubjectreviews", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "SelfSubjectReview",
    })
    .catch(() => undefined);
  return review?.status?.userInfo?.username ?? "this account";
}

/** Lists the rights of the provider that an account lacks: our own account, or `user`. Undefined if we may not ask. */
export async function deniedRights(api: RawApi, user?: string): Promise<Right[] | undefined> {
  const kind = user === undefined ? "SelfSubjectAccessReview" : "SubjectAccessReview";
  const path = `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`;
  const answers = neededRights().map(async (right) => {
    const spec = { resourceAttributes: right, ...(user === undefined ? {} : { user }) };
    const review = { apiVersion: "authorization.k8s.io/v1", kind, spec };
    const { status } = await api.post<{ status?: { allowed?: boolean } }>(path, review);
    return status?.allowed ? [] : [right];
  });
  try {
    return (await Promise.all(answers)).flat();
  } catch (error) {
    if (isVnicError(error, "forbidden")) return undefined;
    throw error;
  }
}
