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

const all = [
  'src/world',
  'src/data',
  'src/tokenizer',
  'src/batches',
  'src/engine',
  'src/ops',
  'src/lora',
  'src/forward',
  'src/train',
  'src/generate',
  'src/familiarity',
  'src/evaluate',
  'src/statistics',
  'src/experiment',
  'src/exchange',
  'src/metrics',
  'src/storage',
  'src/state',
  'src/figures',
  'src/plots',
  'src/ui',
  'src/workflows',
  'src/commands',
  'src/recipes',
  'src/api',
  'src/cli',
  'models',
  'workers',
];
const library = [
  'src/world',
  'src/data',
  'src/tokenizer',
  'src/batches',
  'src/engine',
  'src/ops',
  'src/lora',
  'src/forward',
  'src/train',
  'src/generate',
  'src/familiarity',
  'src/evaluate',
  'src/statistics',
  'src/experiment',
  'src/exchange',
  'src/metrics',
  'src/storage',
  'src/workflows',
  'models',
];

/** room → what it may import by value, what by type only, and whether tfjs is at home there. */
const rooms = {
  'src/data': { values: [], types: [], tfjs: false },
  'src/storage': { values: [], types: [], tfjs: false },
  'src/metrics': { values: [], types: [], tfjs: false },
  'src/statistics': { values: [], types: [], tfjs: false },
  'src/world': { values: ['src/data'], types: [], tfjs: false },
  'src/tokenizer': { values: [], types: ['src/data'], tfjs: false },
  'src/batches': { values: ['src/data'], types: ['src/tokenizer'], tfjs: false },
  'src/exchange': {
    values: ['src/data', 'src/storage', 'src/metrics', 'src/figures'],
    types: ['src/lora', 'src/experiment', 'src/train', 'models', 'src/familiarity'],
    tfjs: false,
  },
  // The command line as data, for the commands and for the page that prints them.
  'src/commands': { values: ['src/experiment'], types: [], tfjs: false },
  'src/engine': { values: [], types: [], tfjs: true },
  'src/ops': { values: ['src/engine'], types: [], tfjs: true },
  models: {
    values: ['src/ops', 'src/engine', 'src/storage', 'src/tokenizer'],
    types: ['src/lora', 'src/data'],
    tfjs: true,
  },
  'src/recipes': {
    values: library,
    types: library,
    tfjs: true,
  },
  'src/forward': {
    values: ['src/ops', 'src/lora'],
    types: ['models', 'src/batches'],
    tfjs: true,
  },
  'src/lora': { values: ['src/ops'], types: ['models'], tfjs: true },
  'src/train': {
    values: ['src/ops', 'src/lora', 'src/forward', 'src/batches', 'src/metrics', 'src/storage'],
    types: ['models', 'src/engine'],
    tfjs: true,
  },
  'src/generate': {
    values: ['src/ops', 'src/lora'],
    types: ['src/tokenizer', 'models', 'src/lora'],
    tfjs: true,
  },
  'src/familiarity': {
    values: ['src/batches', 'src/ops', 'src/forward', 'src/metrics', 'src/statistics'],
    types: ['models', 'src/data', 'src/tokenizer', 'src/lora'],
    tfjs: true,
  },
  'src/evaluate': {
    values: ['src/world', 'src/data', 'src/statistics'],
    types: ['src/tokenizer', 'src/generate'],
    tfjs: false,
  },
  'src/experiment': {
    values: ['src/data', 'src/world', 'src/evaluate', 'src/statistics', 'src/metrics'],
    types: ['src/train', 'src/familiarity', 'src/lora', 'models'],
    tfjs: false,
  },
  'src/figures': {
    values: ['src/statistics'],
    types: ['src/data', 'src/familiarity', 'src/evaluate', 'src/experiment'],
    tfjs: false,
  },
  'src/plots': {
    values: ['src/metrics', 'src/statistics', 'src/figures'],
    types: ['src/data', 'src/familiarity', 'src/evaluate', 'src/experiment'],
    tfjs: false,
  },
  'src/state': {
    values: [
      'src/world',
      'src/data',
      'src/metrics',
      'src/statistics',
      'src/evaluate',
      'src/experiment',
      'src/exchange',
      'src/commands',
    ],
    types: [
      'workers',
      'src/train',
      'src/lora',
      'src/familiarity',
      'src/generate',
      'src/tokenizer',
      'src/engine',
      'models',
    ],
    tfjs: false,
  },
  'src/ui': {
    values: [
      'src/state',
      'src/plots',
      'src/figures',
      'src/metrics',
      'src/statistics',
      'src/data',
      'src/experiment',
    ],
    types: [
      'workers',
      'src/train',
      'src/lora',
      'src/familiarity',
      'src/generate',
      'src/tokenizer',
      'src/evaluate',
      'src/exchange',
      'src/engine',
      'models',
    ],
    tfjs: false,
  },
  'src/workflows': {
    values: library.filter((room) => room !== 'src/workflows'),
    types: [],
    tfjs: true,
  },
  'src/api': { values: library, types: library, tfjs: false },
  workers: { values: library, types: all, tfjs: true },
  'src/cli': {
    values: [...library, 'src/commands', 'src/recipes'],
    types: [...library, 'workers'],
    tfjs: true,
  },
};

/** Plain data with bounds, and arithmetic on measured numbers: any room may read these. */
const plainData = [
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
      group: [`**/${name}/**`, ...plainData],
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
