// The plimsoll.yaml that `plimsoll init` writes: what is to be watched, every default that can be written down as a comment, and the names of all else.
import { stringify } from 'yaml';
import { listSettings } from './json-schema.ts';

export interface FirstTarget {
  readonly service: string;
  readonly url: string;
  readonly pprof: string | null;
}

export interface FirstConfig {
  readonly targets: readonly FirstTarget[];
  /** Where the editor finds the JSON Schema; null = nowhere. */
  readonly schema: string | null;
  /** Nothing survives a restart: the engine is not installed here. */
  readonly isMemoryOnly: boolean;
}

export function formatFirstConfig({ targets, schema, isMemoryOnly }: FirstConfig): string {
  const lines = [
    ...(schema === null ? [] : [`# yaml-language-server: $schema=${schema}`]),
    '# Settings of plimsoll watch. What is commented out has its default.',
    '# Check them:  plimsoll config check plimsoll.yaml',
    '# Use them:    plimsoll watch -c plimsoll.yaml      (it is read again when it changes)',
    '',
    ...(isMemoryOnly
      ? [
          'storage:',
          '  kind: memory    # chDB is not installed: nothing survives a restart (npm install chdb)',
          '',
        ]
      : []),
    ...formatDefaults(),
    '#',
    `# Not shown, without a default to write down: ${listOthers().join(', ')}`,
    '# and what is below them; all are in docs/configuration.md.',
    '',
    ...formatTargets(targets),
  ];
  return `${lines.join('\n')}\n`;
}

/** In the group `alerts`, in force: the first one works as it stands, the others once their secrets are there. */
const FIRST_SINKS: readonly string[] = [
  '  # Who is told. Without a sink nobody is: verdicts stand on the page and where watch runs. Each is tested',
  '  # with  plimsoll alert test NAME  while watch runs; all kinds are in docs/alerts.md.',
  '  sinks:',
  '    log: { stdout: }    # a line of JSON for each message, between those of watch; needs nothing',
  "    # team: { slack: { webhook: '${SLACK_WEBHOOK}' } }                # from the environment, or file:PATH",
  "    # pager: { levels: [critical], pagerduty: { routingKey: '${PAGERDUTY_KEY}' } }",
  '    # central: { alertmanager: { url: http://alertmanager:9093 } }',
];

/** `# intervals:` and below it `#   gauges: 15s    # ...`; one line a setting. */
function formatDefaults(): string[] {
  const lines: string[] = [];
  let group = '';
  for (const { name, schema } of listSettings()) {
    // Of what a list may hold there is none yet.
    if (schema.default === undefined || name.includes('[]')) continue;
    const [head = '', key] = name.split('.');
    const isAlerts = head === 'alerts';
    if (key !== undefined && head !== group)
      lines.push(...(isAlerts ? ['alerts:', ...FIRST_SINKS] : [`# ${head}:`]));
    group = key === undefined ? '' : head;
    const under = isAlerts ? '  # ' : '#   ';
    const setting = key === undefined ? `# ${head}: ${schema.default}` : `${under}${key}: ${schema.default}`;
    lines.push(`${setting.padEnd(32)}  # ${firstSentence(schema.description ?? '')}`);
  }
  return lines;
}

/** Settings that have no default of their own, or are lists and maps, by the highest name that is theirs alone. */
function listOthers(): string[] {
  const all = listSettings();
  const isShown = ({ name, schema }: (typeof all)[number]) =>
    schema.default !== undefined && !name.includes('[]');
  const shown = new Set(all.filter(isShown).flatMap(({ name }) => [name, name.split('.')[0] ?? '']));
  const others = all.map(({ name }) => {
    const [head = '', key] = name.replaceAll('[]', '').split('.');
    return key === undefined || !shown.has(head) ? head : `${head}.${key}`;
  });
  return [...new Set(others)].filter((name) => !shown.has(name) && name !== 'targets');
}

function firstSentence(text: string): string {
  return /^.*?(?:[.:] |$)/.exec(text)?.[0].replace(/[.:] ?$/, '') ?? text;
}

function formatTargets(targets: readonly FirstTarget[]): string[] {
  if (targets.length === 0) {
    return [
      'targets: []',
      '# targets:',
      '#   - http://127.0.0.1:6060',
      '#   - service: orders',
      '#     url: http://orders:8080',
    ];
  }
  const entries = targets.map(({ service, url, pprof }) => ({
    service: literal(service),
    url: literal(url),
    ...(pprof === null ? {} : { pprof: literal(pprof) }),
  }));
  return [stringify({ targets: entries }).trimEnd()];
}

/** What a process calls itself is no reference. */
function literal(text: string): string {
  return text.replaceAll('${', () => '$${').replace(/^file:/, 'file-');
}
