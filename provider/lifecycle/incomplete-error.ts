import { isVnicError, messageOf, VnicError } from "../base/errors.ts";

/** An error after which the resource exists, but is incomplete: `state` must be kept to complete or remove it. */
export class IncompleteError<State extends object = object> extends VnicError {
  readonly state: State;

  constructor(cause: unknown, state: State) {
    super(isVnicError(cause) ? cause.kind : "failed", messageOf(cause), { cause });
    this.state = state;
  }
}
