/**
 * The parts of the Kubernetes client that are in use, named one by one, so that the bundler can leave out all others: whole, the
 * client takes each run of Pulumi a third longer to load.
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
