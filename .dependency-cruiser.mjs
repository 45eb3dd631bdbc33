// The import table of ARCHITECTURE.md, held by `npm run imports`. Change the table there first.
const PURE_MAY_IMPORT = {
  base: [],
  model: ['base'],
  pprof: ['base'],
  profile: ['base', 'pprof'],
  flamegraph: ['base', 'pprof', 'profile'],
  parse: ['base'],
  series: ['base', 'model'],
  detect: ['base', 'model', 'series'],
  gosource: ['base'],
  diagnose: ['base', 'model', 'profile', 'series', 'detect', 'gosource'],
  incident: ['base', 'model'],
  report: ['base', 'model', 'profile', 'flamegraph'],
  host: ['base', 'model', 'parse', 'series', 'report'],
  protocol: ['base', 'model', 'profile', 'flamegraph'],
};
const IO_MAY_IMPORT = {
  config: ['base', 'model'],
  alert: ['base', 'model', 'incident', 'report'],
  collect: ['base', 'model', 'parse'],
  discover: ['base', 'model', 'parse', 'config', 'collect'],
  recording: ['base', 'model'],
  workspace: ['base', 'gosource'],
  store: ['base', 'model', 'profile'],
  pipeline: [
    ...Object.keys(PURE_MAY_IMPORT).filter((room) => room !== 'protocol'),
    'collect',
    'recording',
    'workspace',
    'store',
    'alert',
  ],
};
IO_MAY_IMPORT.server = [...Object.keys(PURE_MAY_IMPORT), ...Object.keys(IO_MAY_IMPORT)];
IO_MAY_IMPORT.cli = [...IO_MAY_IMPORT.server, 'server'];

const tests = '[.]test[.]ts$';

export default {
  forbidden: [
    ...Object.entries({ ...PURE_MAY_IMPORT, ...IO_MAY_IMPORT }).map(([room, allowed]) => ({
      name: `${room}-imports-only-${allowed.join('-') || 'itself'}`,
      comment: 'See the import table in ARCHITECTURE.md: move the code, or change the table with a decision.',
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: tests },
      to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
    })),
    {
      name: 'every-room-is-in-the-table',
      comment: 'A new folder below src/ needs its row in the import table first.',
      severity: 'error',
      from: {
        path: '^src/[^/]+/',
        pathNot: `^src/(${[...Object.keys(PURE_MAY_IMPORT), ...Object.keys(IO_MAY_IMPORT), 'testing'].join('|')})/`,
      },
      to: {},
    },
    {
      name: 'pure-rooms-do-no-io',
      comment: 'Do the I/O in collect, store, recording or server and pass the result in.',
      severity: 'error',
      from: { path: `^src/(${Object.keys(PURE_MAY_IMPORT).join('|')})/`, pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'web-imports-only-what-a-browser-needs',
      comment: 'The page shows what the API says; it never runs detection.',
      severity: 'error',
      from: { path: '^web/src/' },
      to: { path: '^src/', pathNot: '^src/(base|model|profile|flamegraph|protocol)/' },
    },
    {
      name: 'only-tests-import-testing',
      severity: 'error',
      from: { pathNot: `${tests}|^src/testing/|^test/` },
      to: { path: '^src/testing/' },
    },
    {
      name: 'only-the-store-loads-the-engine',
      comment: 'check, replay, profile and lint must never load chDB.',
      severity: 'error',
      from: { pathNot: '^src/store/' },
      to: { path: 'node_modules/(chdb|@clickhouse)/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'only-declared-dependencies',
      severity: 'error',
      from: { pathNot: tests },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
