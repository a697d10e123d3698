/**
 * The parts of the Kubernetes client that we use, listed one by one so that the bundler can leave out the rest. The
 * provider takes a third longer to load with the whole client.
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
