/** Chooses the actor that acts next. Repeated runs go through every order. */
export class Orders {
  private choices: { taken: number; of: number }[] = [];
  private at = 0;

  /** Runs `story` once for each order. */
  async each(story: (turns: Turns) => Promise<void>): Promise<number> {
    let runs = 0;
    do {
      this.at = 0;
      await story(new Turns((options) => this.choose(options)));
      runs++;
    } while (this.advance());
    return runs;
  }

  /** Runs `story` in `count` random orders, which are the same in each run of the tests. */
  async some(count: number, story: (turns: Turns) => Promise<void>): Promise<void> {
    let state = 1;
    const draw = (options: number) => {
      state = (state * 48271) % 2147483647;
      return state % options;
    };
    for (let run = 0; run < count; run++) await story(new Turns(draw));
  }

  private choose(options: number): number {
    const known = this.choices[this.at];
    const choice = known ?? { taken: 0, of: options };
    if (!known) this.choices.push(choice);
    this.at++;
    return choice.taken;
  }

  private advance(): boolean {
    while (this.choices.length > 0) {
      const last = this.choices[this.choices.length - 1]!;
      if (++last.taken < last.of) return true;
      this.choices.pop();
    }
    return false;
  }
}

/** Several actors whose calls are let through one at a time. */
export class Turns {
  private readonly waiting: { readonly actor: number; readonly go: () => void }[] = [];
  private readonly choose: (options: number) => number;

  constructor(choose: (options: number) => number) {
    this.choose = choose;
  }

  /** A copy of an object in which each call waits for its actor's turn. */
  of<T extends object>(actor: number, object: T): T {
    return new Proxy(object, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return async (...args: unknown[]): Promise<unknown> => {
          await new Promise<void>((go) => this.waiting.push({ actor, go }));
          return (value as (...args: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  }

  /** Lets calls through until all actors have ended. */
  async run(actors: readonly Promise<unknown>[]): Promise<void> {
    const left = new Set(actors);
    for (const actor of actors) actor.then(() => left.delete(actor)).catch(() => left.delete(actor));
    while (left.size > 0) {
      // Lets each actor get to its next call, or to its end.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.waiting.length === 0) continue;
      this.waiting.sort((one, other) => one.actor - other.actor);
      this.waiting.splice(this.choose(this.waiting.length), 1)[0]?.go();
    }
  }
}
