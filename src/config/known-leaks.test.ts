import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem } from './config-problem.ts';
import { isKnownFile, parseKnownLeaks, readKnownLeaks } from './known-leaks.ts';

const FILE = 'orders/plimsoll-known.yaml';
const problemsOf = (text: string) =>
  parseKnownLeaks(text, FILE).problems.map((problem) => formatProblem(FILE, problem));

describe('the file of known leaks', () => {
  it('lists functions and fingerprints with a reason, until the end of a day or an instant', () => {
    const { known, problems } = parseKnownLeaks(
      `known:
  - culprit: github.com/acme/orders/cache.(*Cache).*
    reason: 'bounded by tenants, ORD-12'
    expires: 2027-01-31
  - fingerprint: 12345678
    service: orders
    reason: fixed in v1.5
    expires: 2027-02-01T06:00:00Z
`,
      FILE,
    );
    expect(problems).toEqual([]);
    expect(known).toEqual([
      {
        service: null,
        fingerprint: null,
        function: 'github.com/acme/orders/cache.(*Cache).*',
        because: 'bounded by tenants, ORD-12',
        untilMillis: Date.UTC(2027, 1, 1) - 1,
        file: FILE,
      },
      {
        service: 'orders',
        fingerprint: '12345678',
        function: null,
        because: 'fixed in v1.5',
        untilMillis: Date.UTC(2027, 1, 1, 6),
        file: FILE,
      },
    ]);
  });

  it.each([
    ['known:\n  - culprit: a/b.C\n', `${FILE}:2:5: known.0: needs reason. Say why it is left alone.`],
    ['known:\n  - { reason: x }\n', 'needs culprit or fingerprint'],
    [
      'known:\n  - { culprit: a/b.C, reason: x, expires: soon }\n',
      `${FILE}:2:34: known.0.expires: needs a day`,
    ],
    ['known:\n  - { culprit: a/b.C, reason: x, expires: 2027-02-31x }\n', 'needs a day or an instant'],
    ["known:\n  - { culprit: '*', reason: x }\n", 'known.0.culprit: says nothing of which service'],
    ['known:\n  - { culprit: main.handle, reason: x }\n', 'says nothing of which service'],
    ['known:\n  - { culpit: a/b.C, reason: x }\n', 'unknown setting. Did you mean culprit?'],
    ['known: a/b.C\n', 'needs a list, and is a single value'],
    ['known: [\n', 'not YAML'],
  ])('says what is wrong in %j, and where', (text, problem) => {
    expect(problemsOf(text).join('\n')).toContain(problem);
    expect(parseKnownLeaks(text, FILE).known).toEqual([]);
  });

  it('reads neither the environment nor other files', () => {
    const { known } = parseKnownLeaks(
      "known:\n  - { culprit: 'a/b.C', reason: '${HOME} file:/etc/passwd' }\n",
      FILE,
    );
    expect(known[0]?.because).toBe('${HOME} file:/etc/passwd');
  });

  it('keeps nothing quiet with too many entries, or when it is empty', () => {
    const many = `known:\n${'  - { culprit: a/b.C, reason: x }\n'.repeat(501)}`;
    expect(problemsOf(many)).toHaveLength(1);
    expect(parseKnownLeaks('', FILE)).toEqual({ known: [], problems: [] });
  });

  it('says so when it cannot be read', async () => {
    expect((await readKnownLeaks('/nowhere/plimsoll-known.yaml')).problems).toHaveLength(1);
  });

  it.each([
    ['plimsoll-known.yaml', '', true],
    ['a.yaml', '# ours\n---\n\nknown:\n  - reason: x\n', true],
    ['b.yaml', 'targets: []\nknown: []\n', false],
    ['plimsoll.yaml', 'listen: "1"\n', false],
  ])('is told from a configuration: %s', async (name, text, isKnown) => {
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-known-'));
    await writeFile(join(folder, name), text);
    expect(await isKnownFile(join(folder, name))).toBe(isKnown);
    await rm(folder, { recursive: true });
  });
});
