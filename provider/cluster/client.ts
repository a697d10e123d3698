/**
 * The parts of the Kubernetes client that we use, listed one by one so that the bundler can leave out the rest. As a
 * whole, the client makes each run of Pulumi load a third longer.
 */
export {
  ApiException,
  AppsV1Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  createConfiguration,
  CustomObjectsApi,
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  KubeConfig,
  ListWatch,
  PatchStrategy,
  RequestContext,
  ServerConfiguration,
  setHeaderOptions,
  V1MicroTime,
  Watch,
} from "@kubernetes/client-node";
