import { isVnicError, messageOf, VnicError } from "../base/errors.ts";

/** The resource exists, but not all of it: `state` is what must be kept to finish it or to take it away. */
export class IncompleteError<State extends object = object> extends VnicError {
  readonly state: State;

  constructor(cause: unknown, state: State) {
    super(isVnicError(cause) ? cause.kind : "failed", messageOf(cause), { cause });
    this.state = state;
  }
}
