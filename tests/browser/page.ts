/** A point in the window, in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

type Send = (method: string, params?: object) => Promise<object>;

/** A page in Chromium, used as a person uses it: with mouse and keyboard. */
export class Page {
  /** What Chromium has reported: uncaught exceptions, and what it refused to load. */
  readonly errors: string[] = [];
  private readonly send: Send;
  private loaded: () => void = () => undefined;

  constructor(send: Send) {
    this.send = send;
  }

  /** Takes an event of the protocol. */
  notice(method: string, params: object): void {
    if (method === "Page.loadEventFired") this.loaded();
    if (method === "Runtime.exceptionThrown") this.errors.push(JSON.stringify(params));
    const { entry } = params as { entry?: { level: string; text: string } };
    if (method === "Log.entryAdded" && entry?.level === "error") this.errors.push(entry.text);
  }

  async load(url: string, { theme, ...size }: { theme: string; width: number; height: number }): Promise<void> {
    for (const domain of ["Page", "Runtime", "Log"]) await this.send(`${domain}.enable`);
    await this.send("Emulation.setDeviceMetricsOverride", { ...size, deviceScaleFactor: 1, mobile: false });
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
    const loading = new Promise<void>((resolve) => (this.loaded = resolve));
    await this.send("Page.navigate", { url });
    await loading;
  }

  /** The value of a JavaScript expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.send("Runtime.evaluate", {
      ...{ expression, returnByValue: true, awaitPromise: true },
    })) as { result: { value: T }; exceptionDetails?: { text: string; exception?: { description?: string } } };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** The middle of the element that a CSS selector finds first. */
  middleOf(selector: string): Promise<Point> {
    return this.evaluate(`(() => {
      const { x, y, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    })()`);
  }

  async click(selector: string): Promise<void> {
    const at = await this.middleOf(selector);
    await this.mouse("mousePressed", at);
    await this.mouse("mouseReleased", at);
  }

  async drag(from: Point, to: Point): Promise<void> {
    await this.mouse("mousePressed", from);
    await this.mouse("mouseMoved", to);
    await this.mouse("mouseReleased", to);
  }

  /** Turns the mouse's wheel, up for a negative distance. */
  async wheel({ x, y }: Point, deltaY: number): Promise<void> {
    await this.send("Input.dispatchMouseEvent", { type: "mouseWheel", x, y, deltaX: 0, deltaY });
  }

  async type(text: string): Promise<void> {
    await this.send("Input.insertText", { text });
  }

  async press(key: "Enter" | "Escape"): Promise<void> {
    const code = { Enter: 13, Escape: 27 }[key];
    for (const type of ["rawKeyDown", "keyUp"])
      await this.send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: code });
  }

  /** A picture of the window as the URL of a PNG. */
  async picture(): Promise<string> {
    const { data } = (await this.send("Page.captureScreenshot", { format: "png" })) as { data: string };
    return `data:image/png;base64,${data}`;
  }

  private async mouse(type: string, { x, y }: Point): Promise<void> {
    const buttons = type === "mouseReleased" ? 0 : 1;
    await this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", buttons, clickCount: 1 });
  }
}
