/**
 * A resource of another package. Its output `out` repeats `value`, but is unknown in a preview that changes `round`;
 * `absent` is an optional output without a value.
 */
class Source extends pulumi.dynamic.Resource {
  constructor(name, value, round) {
    const hooks = {
      diff: async (_id, olds, news) => ({ changes: olds.round !== news.round }),
      create: async (inputs) => ({ id: "source", outs: { ...inputs, out: inputs.value } }),
      update: async (_id, _olds, news) => ({ outs: { ...news, out: news.value } }),
    };
    super(hooks, name, { value, round, out: undefined, absent: undefined });
  }
}
