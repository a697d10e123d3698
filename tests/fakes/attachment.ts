import type { Attachment } from "../../provider/cluster/cluster.ts";
import { type Answer, request, type Request } from "../../provider/model/wire/session-protocol.ts";

/** Fake stdin and stdout of a container, which record requests and send configured answers. */
export class FakeAttachment implements Attachment {
  readonly requests: Request[] = [];
  closed = false;
  private readonly answer: (request: Request, attachment: FakeAttachment) => void;
  private readonly outputs: ((chunk: Buffer) => void)[] = [];
  private readonly ends: ((why: string) => void)[] = [];
  private ended: string | undefined;

  constructor(answer: (request: Request, attachment: FakeAttachment) => void = () => undefined) {
    this.answer = answer;
  }

  write(text: string): void {
    for (const line of text.split("\n").filter(Boolean)) {
      const demand = request.parse(JSON.parse(line));
      this.requests.push(demand);
      if (this.ended === undefined) queueMicrotask(() => this.answer(demand, this));
    }
  }

  onOutput(listener: (chunk: Buffer) => void): void {
    this.outputs.push(listener);
  }

  onClose(listener: (why: string) => void): void {
    if (this.ended === undefined) this.ends.push(listener);
    else listener(this.ended);
  }

  close(): void {
    this.closed = true;
    this.end("it was closed from our side");
  }

  say(...answers: Answer[]): void {
    for (const one of answers) this.emit(`${JSON.stringify(one)}\n`);
  }

  emit(chunk: string | Buffer): void {
    for (const listener of this.outputs) listener(Buffer.from(chunk));
  }

  /** Ends the connection from the other side. */
  end(why: string): void {
    if (this.ended !== undefined) return;
    this.ended = why;
    for (const listener of this.ends) listener(why);
  }
}
