/**
 * A resource of somebody else's. Its output `out` repeats `value`, but isn't known in a preview of a change of `round`;
 * `absent` is an optional output that it doesn't have.
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
