/** Node, with modules compiled as for the page: runes are reactive, as they are in a browser. */
// eslint-disable-next-line no-restricted-syntax -- vitest asks for a default export
export default {
  name: 'page',
  viteEnvironment: 'client',
  setup: () => ({ teardown: () => undefined }),
};
