/**
 * Lint rules. The table `rooms` is the architecture: what each room may import, by value or by
 * type only; everything else of ours is refused. test/architecture/rooms.test.ts plants violations and
 * sees them refused.
 */
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** room → what it may import by value, what by type only, and whether tfjs is at home there. */
export const rooms = {
  'src/data': { values: [], types: [], tfjs: false },
  'src/storage': { values: [], types: [], tfjs: false },
  'src/metrics': { values: [], types: [], tfjs: false },
  'src/statistics': { values: [], types: [], tfjs: false },
  'src/world': { values: ['src/data'], types: [], tfjs: false },
  'src/tokenizer': { values: [], types: ['src/data'], tfjs: false },
  'src/batches': { values: [], types: [], tfjs: false },
  'src/exchange': {
    values: ['src/data', 'src/storage', 'src/metrics', 'src/figures'],
    types: ['models', 'src/lora', 'src/experiment'],
    tfjs: false,
  },
  'src/commands': { values: ['src/experiment'], types: [], tfjs: false },
  'src/engine': { values: [], types: [], tfjs: true },
  'src/ops': { values: ['src/engine'], types: [], tfjs: true },
  models: { values: ['src/storage', 'src/ops'], types: [], tfjs: true },
  'src/recipes': {
    values: [
      'src/data',
      'src/storage',
      'src/statistics',
      'src/world',
      'src/tokenizer',
      'src/batches',
      'src/engine',
      'models',
      'src/generate',
      'src/workflows',
    ],
    types: ['src/train'],
    tfjs: true,
  },
  'src/forward': { values: ['src/ops', 'src/lora'], types: ['src/batches', 'models'], tfjs: true },
  'src/lora': { values: ['src/ops'], types: ['models'], tfjs: true },
  'src/train': {
    values: ['src/storage', 'src/batches', 'src/ops', 'src/forward'],
    types: ['src/metrics', 'models', 'src/lora'],
    tfjs: true,
  },
  'src/generate': { values: ['src/ops', 'src/lora'], types: ['models'], tfjs: true },
  'src/familiarity': {
    values: ['src/statistics', 'src/batches', 'src/ops', 'src/forward'],
    types: ['models'],
    tfjs: true,
  },
  'src/evaluate': { values: ['src/data', 'src/statistics', 'src/world'], types: [], tfjs: false },
  'src/experiment': {
    values: ['src/data', 'src/statistics', 'src/world', 'src/evaluate'],
    types: ['src/metrics'],
    tfjs: false,
  },
  'src/figures': {
    values: ['src/statistics'],
    types: ['src/evaluate', 'src/experiment'],
    tfjs: false,
  },
  'src/plots': { values: ['src/metrics', 'src/statistics', 'src/figures'], types: [], tfjs: false },
  'src/state': {
    values: [
      'src/data',
      'src/storage',
      'src/metrics',
      'src/statistics',
      'src/world',
      'src/exchange',
      'src/commands',
      'src/evaluate',
      'src/experiment',
    ],
    types: ['src/tokenizer', 'src/workflows', 'workers'],
    tfjs: false,
  },
  'src/ui': {
    values: ['src/experiment', 'src/figures', 'src/plots', 'src/state'],
    types: ['src/data', 'src/evaluate', 'workers'],
    tfjs: false,
  },
  'src/workflows': {
    values: [
      'src/data',
      'src/storage',
      'src/tokenizer',
      'src/batches',
      'src/exchange',
      'src/engine',
      'src/ops',
      'models',
      'src/lora',
      'src/train',
      'src/generate',
      'src/familiarity',
      'src/evaluate',
      'src/experiment',
    ],
    types: ['src/metrics'],
    tfjs: true,
  },
  'src/api': {
    values: [
      'src/data',
      'src/storage',
      'src/tokenizer',
      'src/exchange',
      'src/engine',
      'src/lora',
      'src/experiment',
      'src/workflows',
    ],
    types: ['src/metrics'],
    tfjs: false,
  },
  workers: {
    values: [
      'src/data',
      'src/storage',
      'src/statistics',
      'src/tokenizer',
      'src/batches',
      'src/exchange',
      'src/engine',
      'src/lora',
      'src/train',
      'src/evaluate',
      'src/experiment',
      'src/workflows',
    ],
    types: ['src/metrics'],
    tfjs: true,
  },
  'src/cli': {
    values: [
      'src/data',
      'src/storage',
      'src/tokenizer',
      'src/exchange',
      'src/commands',
      'src/engine',
      'src/recipes',
      'src/lora',
      'src/train',
      'src/experiment',
      'src/workflows',
    ],
    types: ['src/metrics'],
    tfjs: true,
  },
};

/** Plain data with bounds, and arithmetic on measured numbers: any room may read these. */
export const plainData = [
  '!**/config.ts',
  '!**/catalog.ts',
  '!**/errors.ts',
  '!**/host.ts',
  '!**/notices.ts',
  '!**/hub-id.ts',
  '!**/precision.ts',
  '!**/random.ts',
  '!**/familiarity/aggregate.ts',
];

function roomRule([room, { values, types, tfjs }]) {
  const patterns = [];
  const allowed = (list) => list.some((name) => name === room);
  for (const other of all) {
    if (other === room || allowed([other])) continue;
    if (values.includes(other)) continue;
    const name = other.split('/').at(-1);
    patterns.push({
      // Some parts of workflows are called as a room is; they have the rule of workflows.
      group: [`**/${name}/**`, ...(name === 'workflows' ? [] : ['!**/workflows/**']), ...plainData],
      allowTypeImports: types.includes(other),
      message: `${room} may not import ${other}${types.includes(other) ? ' but for types' : ''}.`,
    });
  }
  if (!tfjs) {
    patterns.push({
      group: ['@tensorflow/*', '@tensorflow/**'],
      message: `${room} imports no tfjs.`,
    });
  }
  if (!['src/ui', 'src/state', 'src/plots'].includes(room)) {
    patterns.push({ group: ['svelte', 'svelte/*'], message: `${room} imports no Svelte.` });
  }
  return {
    files: [`${room}/**/*.ts`, `${room}/**/*.svelte`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
}

const all = Object.keys(rooms);

export default ts.config(
  { ignores: ['dist', 'node_modules', 'public', 'src/ops/**/*.as.ts', 'test/fixtures', 'runs'] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.worker, ...globals.node },
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js'] },
        extraFileExtensions: ['.svelte'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      // tfjs's Tensor and Variable are classes that one gets from functions, never by `new`.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[property.name='dataSync']",
          message: 'dataSync blocks and misreads on WebGPU: await data().',
        },
        {
          selector: "MemberExpression[property.name='arraySync']",
          message: 'arraySync blocks and misreads on WebGPU: await data().',
        },
        {
          selector: "CallExpression[callee.name='einsum']",
          message: 'einsum has no gradient and is slow.',
        },
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
      ],
    },
  },
  ...Object.entries(rooms).map(roomRule),
  { files: ['src/ops/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'error' } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      'no-restricted-syntax': 'off',
      // `void state.version` is how a derived value says what it depends on.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // Maps and Sets that are made anew and never rendered need no reactive twin.
      'svelte/prefer-svelte-reactivity': 'off',
      'svelte/no-unused-svelte-ignore': 'off',
      // What $state.snapshot returns is not what it was given, in types.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
    },
  },
  {
    files: ['**/*.svelte'],
    rules: {
      // Props with generics reach the linter as any; svelte-check checks them.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    files: ['*.config.ts', '*.config.js', 'vite.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  { files: ['**/*.js', '**/*.mjs'], extends: [ts.configs.disableTypeChecked] },
);
