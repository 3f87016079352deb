/**
 * Who may import whom. Data flows one way, host -> capture -> model -> report, and native packages stay behind one
 * folder each. `test/repo/imports.test.ts` proves that a violation is seen.
 *
 * @type {Record<string, readonly string[]>} folder -> the folders it may import besides itself
 */
const MAY_IMPORT = {
  'src/schema': [],
  'src/text': ['src/schema'],
  'src/kernel': ['src/schema', 'src/text'],
  'src/parse': ['src/schema', 'src/text'],
  'src/engines': ['src/schema', 'src/text'],
  'src/host': ['src/kernel', 'src/parse', 'src/schema', 'src/text'],
  'src/capture': ['src/host', 'src/parse', 'src/engines', 'src/schema', 'src/text'],
  'src/model': ['src/engines', 'src/parse', 'src/schema', 'src/text'],
  'src/facts': ['src/parse', 'src/schema', 'src/text'],
  'src/diff': ['src/facts', 'src/model', 'src/schema', 'src/text'],
  'src/store': ['src/facts', 'src/schema', 'src/text'],
  'src/stats': ['src/schema', 'src/text'],
  'src/probe': ['src/host', 'src/kernel', 'src/parse', 'src/capture', 'src/schema', 'src/stats', 'src/text'],
  'src/cli': ['src', 'reports'],
  reports: ['src/schema', 'src/model', 'src/diff', 'src/stats', 'src/text'],
  commands: ['src', 'reports'],
};

/** Package -> the only folder that may import it. */
const ONE_IMPORTER = {
  koffi: 'src/kernel',
  'better-sqlite3': 'src/store',
  'd3-node': 'reports',
  'cli-table3': 'reports',
};

const OURS = '^(src|reports|commands|test|scripts|bench|bin)/';
const literal = (text) => text.replaceAll('/', '\\/').replaceAll('.', '\\.');

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
      name: `layer ${folder}`,
      comment: allowed.length === 0 ? `${folder} imports nothing` : `${folder} may import ${allowed.join(', ')}`,
      severity: 'error',
      from: { path: `^${literal(folder)}/` },
      to: { path: OURS, pathNot: [folder, ...allowed].map((target) => `^${literal(target)}/`) },
    })),
    {
      name: 'schema is pure',
      comment: 'src/schema holds types and constants: no package and no module of Node either',
      severity: 'error',
      from: { path: '^src/schema/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    {
      name: 'pure layers read nothing',
      comment: 'parsers, engines, facts, model, diff and stats are functions of their arguments',
      severity: 'error',
      from: { path: '^src/(parse|engines|facts|model|diff|stats)/' },
      to: { path: '^(node:)?(fs|child_process|worker_threads|net|http|https|os)(/|$)' },
    },
    ...Object.entries(ONE_IMPORTER).map(([name, folder]) => ({
      name: `only ${folder} imports ${name}`,
      severity: 'error',
      from: { path: '^(src|reports|commands|scripts|bin)/', pathNot: `^${literal(folder)}/` },
      to: { path: `(^|/)node_modules/${literal(name)}/|^${literal(name)}$` },
    })),
    {
      name: 'folder with a layer',
      comment: 'a folder of src/ that the table does not know',
      severity: 'error',
      from: { path: '^src/', pathNot: Object.keys(MAY_IMPORT).map((folder) => `^${literal(folder)}/`) },
      to: {},
    },
    {
      name: 'only the kernel of a live host',
      comment: 'replayed and foreign hosts never reach a system call: src/host imports src/kernel in live*.ts alone',
      severity: 'error',
      from: { path: '^src/host/', pathNot: '^src/host/live[^/]*\\.ts$' },
      to: { path: '^src/kernel/' },
    },
    {
      name: 'no test in the product',
      severity: 'error',
      from: { pathNot: '^(test|scripts|bench)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no cycle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'can be resolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no development package in the product',
      comment: 'types alone are none of it',
      severity: 'error',
      from: { path: '^(src|reports|commands|bin)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // So that an import of types counts like any other.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
