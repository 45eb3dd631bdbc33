// The table of `plimsoll profile <report>`. One line per report; each is loaded when it is asked for, so that a report
// pays only for its own code. To add one: write `src/<room>/.../<name>.ts` with a function of type `Report`, add a line.
import type { CommandEntry, ReportEntry } from './profile-tools.ts';

const TOP: ReportEntry = {
  kind: 'report',
  summary: 'functions by their own value',
  load: async () => (await import('../profile/reports/top.ts')).renderTop,
  defaultNodeCount: 0,
};

export const PROFILE_REPORTS: Readonly<Record<string, ReportEntry | CommandEntry>> = {
  top: TOP,
  text: { ...TOP, summary: 'the same as top, as pprof has both' },
  tree: {
    kind: 'report',
    summary: 'each function between its callers and its callees',
    load: async () => (await import('../profile/reports/tree.ts')).renderTree,
    defaultNodeCount: 80,
  },
  peek: {
    kind: 'report',
    summary: 'the same for functions that match: peek REGEX',
    load: async () => (await import('../profile/reports/tree.ts')).renderTree,
    hasSymbol: true,
    isUntrimmed: true,
    defaultNodeCount: 0,
  },
  list: {
    kind: 'report',
    summary: 'source lines of functions that match, with their values: list REGEX',
    load: async () => (await import('../profile/reports/list.ts')).renderList,
    hasSymbol: true,
    granularity: 'lines',
    isUntrimmed: true,
    defaultNodeCount: 0,
  },
  dot: {
    kind: 'report',
    summary: 'the call graph for Graphviz',
    load: async () => (await import('../profile/reports/dot.ts')).renderDot,
    defaultNodeCount: 80,
  },
  svg: {
    kind: 'report',
    summary: 'the call graph as a picture; no Graphviz is needed',
    load: async () => (await import('./profile-svg.ts')).renderSvg,
    defaultNodeCount: 80,
  },
  callgrind: {
    kind: 'report',
    summary: 'a file for KCachegrind',
    load: async () => (await import('../profile/reports/callgrind.ts')).renderCallgrind,
    granularity: 'addresses',
    isUntrimmed: true,
    defaultNodeCount: 0,
  },
  traces: {
    kind: 'report',
    summary: 'every sample with its labels and its stack',
    load: async () => (await import('../profile/reports/traces.ts')).renderTraces,
    defaultNodeCount: 80,
  },
  tags: {
    kind: 'report',
    summary: 'values per label',
    load: async () => (await import('../profile/reports/tags.ts')).renderTags,
    defaultNodeCount: 80,
  },
  raw: {
    kind: 'report',
    summary: 'everything in the profile',
    load: async () => (await import('../profile/reports/raw.ts')).renderRaw,
    granularity: 'addresses',
    isUntrimmed: true,
    defaultNodeCount: 0,
  },
  comments: {
    kind: 'report',
    summary: 'the comments in the profile',
    load: async () => (await import('../profile/reports/comments.ts')).renderComments,
    defaultNodeCount: 80,
  },
  proto: {
    kind: 'report',
    summary: 'the profile as profile.proto, gzipped, after merging and filtering',
    load: async () => (await import('../profile/reports/proto.ts')).renderProto,
    granularity: 'addresses',
    isUntrimmed: true,
    defaultNodeCount: 0,
    isGzipped: true,
  },
  folded: {
    kind: 'report',
    summary: 'one line a stack, for flamegraph.pl and its like',
    load: async () => (await import('../profile/reports/folded.ts')).renderFolded,
    isUntrimmed: true,
    defaultNodeCount: 0,
  },
  speedscope: {
    kind: 'report',
    summary: 'a file for speedscope.app',
    load: async () => (await import('../profile/reports/speedscope.ts')).renderSpeedscope,
    isUntrimmed: true,
    defaultNodeCount: 0,
  },
  flame: {
    kind: 'report',
    summary: 'flame graph as one SVG file, with zoom and search',
    load: async () => (await import('./profile-flame.ts')).renderFlame,
    isUntrimmed: true,
    defaultNodeCount: 0,
  },
  goroutines: {
    kind: 'command',
    summary: 'goroutines by creator, place and reason; reads debug=2 dumps too',
    load: async () => (await import('./profile-goroutines.ts')).goroutinesCommand,
  },
  diff: {
    kind: 'command',
    summary: 'what grew, with the interval of the sampling: diff BEFORE AFTER',
    load: async () => (await import('./profile-diff.ts')).diffCommand,
  },
  ui: {
    kind: 'command',
    summary: 'a page with flame graph, top, source and growth, on this machine',
    load: async () => (await import('./profile-ui.ts')).uiCommand,
  },
  merge: {
    kind: 'report',
    summary: 'several profiles as one profile.proto, gzipped',
    load: async () => (await import('../profile/reports/proto.ts')).renderProto,
    granularity: 'addresses',
    isUntrimmed: true,
    defaultNodeCount: 0,
    isGzipped: true,
  },
};
