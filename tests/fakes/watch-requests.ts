import { ListWatch } from "@kubernetes/client-node";
import { settle } from "./clock.ts";

/** A watch request that the API server has received. */
export interface WatchRequest {
  readonly path: string;
  readonly resourceVersion: string;
  /** Whether the client has given it up. */
  isAborted: boolean;
  /** Sends an event, and lets it be handled. */
  send(type: string, object: object): Promise<void>;
  /** Ends the response, by an error or as a server does after some minutes. */
  end(error?: object): Promise<void>;
}

/**
 * The client's watches without an API server. Requests are accepted and stay open until the test ends them.
 */
export class FakeWatchRequests {
  readonly requests: WatchRequest[] = [];
  /** While it is set, a request fails with it before it is sent. */
  refusal: Error | undefined;
  /** Whether requests get no response at all. */
  isSilent = false;

  /** The parts of the client that a watch needs. */
  get client(): { readonly ListWatch: typeof ListWatch; readonly Watch: never } {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const requests = this;
    const FakeWatch = class {
      watch = requests.receive.bind(requests);
    };
    return { ListWatch, Watch: FakeWatch as never };
  }

  /** The latest request. */
  get last(): WatchRequest {
    const last = this.requests.at(-1);
    if (!last) throw new Error("there is no watch request");
    return last;
  }

  private async receive(
    path: string,
    query: { readonly resourceVersion: string },
    onEvent: (type: string, object: object) => void,
    onEnd: (error: unknown) => void,
  ): Promise<AbortController> {
    if (this.refusal) throw this.refusal;
    const controller = new AbortController();
    const request: WatchRequest = {
      path,
      resourceVersion: query.resourceVersion,
      isAborted: false,
      send: async (type, object) => {
        onEvent(type, object);
        await settle();
      },
      end: async (error) => {
        onEnd(error ?? null);
        await settle();
      },
    };
    this.requests.push(request);
    controller.signal.addEventListener("abort", () => {
      request.isAborted = true;
      // The real client's response also fails then.
      onEnd(new DOMException("This operation was aborted", "AbortError"));
    });
    return this.isSilent ? new Promise(() => undefined) : controller;
  }
}
