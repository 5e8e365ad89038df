import { defineConfig } from 'oxlint';
import { layerRules, STAGES } from './scripts/layers.ts';

export default defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'node', 'promise'],
  categories: { correctness: 'error', suspicious: 'error' },
  options: { reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['dist', '.cache', 'node_modules', 'test/golden'],
  rules: {
    // Promises: a daemon that does not wait for its I/O loses data without a word.
    'typescript/no-floating-promises': ['error', { ignoreVoid: false }],
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/return-await': ['error', 'error-handling-correctness-only'],
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'promise/no-promise-in-callback': 'off',
    'promise/always-return': 'off',

    // Types
    'typescript/no-explicit-any': 'error',
    'typescript/no-unsafe-argument': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',
    'typescript/no-unsafe-type-assertion': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-import-type-side-effects': 'error',
    'typescript/no-namespace': 'error',
    'typescript/parameter-properties': 'error',

    // Modules
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-self-import': 'error',
    'import/no-default-export': 'error',
    'import/no-duplicates': 'error',
    'import/no-unassigned-import': 'off',
    'oxc/no-barrel-file': ['error', { threshold: 0 }],
    'node/no-process-env': 'error',
    'no-restricted-properties': [
      'error',
      {
        object: 'process',
        property: 'env',
        message: 'The environment is read in src/config/config.ts alone.',
      },
    ],
    'no-restricted-imports': [
      'error',
      {
        paths: [
          {
            name: 'node:process',
            message:
              'Use the global process; its environment is read in src/config/config.ts alone.',
          },
        ],
      },
    ],

    // Size and shape
    'max-lines': ['error', { max: 400 }],
    'max-lines-per-function': ['error', { max: 80, skipComments: true, skipBlankLines: true }],
    complexity: ['error', { max: 25 }],
    eqeqeq: 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'no-console': 'error',

    // What these ask for is no gain here, or they mistake good code for bad: `fc.constant()` is how
    // fast-check is used, and the compiler already sees to the returns of an exhaustive switch.
    'import/no-named-as-default-member': 'off',
    'consistent-return': 'off',
    'no-unmodified-loop-condition': 'off',
    'no-underscore-dangle': 'off',
    'no-await-in-loop': 'off',
    'unicorn/prefer-add-event-listener': 'off',
    'unicorn/require-post-message-target-origin': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/no-new-array': 'off',
    'no-control-regex': 'off',
    'no-shadow': 'off',
  },
  overrides: [
    {
      // Stages: no wall clock of their own, no environment, no process.
      files: STAGES.map((name) => `src/${name}/**`),
      rules: {
        'no-restricted-properties': [
          'error',
          {
            object: 'process',
            property: 'env',
            message: 'The environment is read in src/config/config.ts alone.',
          },
          {
            object: 'Date',
            property: 'now',
            message: 'The clock comes in by constructor (src/clock.ts).',
          },
          {
            object: 'performance',
            property: 'now',
            message: 'The clock comes in by constructor (src/clock.ts).',
          },
        ],
      },
    },
    {
      // Hot loops over typed arrays, whose index is known to be inside.
      files: ['src/{wasm,parse,request,aggregate,summary}/**'],
      rules: { 'typescript/no-non-null-assertion': 'off' },
    },
    ...layerRules(),
    {
      files: ['src/config/**'],
      rules: { 'node/no-process-env': 'off', 'no-restricted-properties': 'off' },
    },
    {
      files: ['*.config.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
    {
      files: ['test/**', 'bench/**', 'scripts/**'],
      rules: {
        'node/no-process-env': 'off',
        'no-restricted-properties': 'off',
        'no-restricted-imports': 'off',
        'no-console': 'off',
        'max-lines-per-function': 'off',
        complexity: 'off',
        'typescript/no-unsafe-type-assertion': 'off',
        'typescript/no-non-null-assertion': 'off',
        'unicorn/no-useless-spread': 'off',
        // `void describe(…)` is noise: node:test itself waits for the promise that test() returns.
        'typescript/no-floating-promises': [
          'error',
          {
            ignoreVoid: false,
            allowForKnownSafeCalls: [
              {
                from: 'package',
                package: 'node:test',
                name: ['test', 'it', 'describe', 'suite'],
              },
            ],
          },
        ],
      },
    },
    {
      // A test looks into replies and files whose shape it asserts.
      files: ['test/**'],
      rules: {
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
      },
    },
  ],
});
