import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseMatcher } from '../base/label-matcher.ts';
import { advanceIncidents } from '../incident/advance-incidents.ts';
import type { Finding } from '../model/finding.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { FakeWatchView } from '../testing/fake-watch-view.ts';
import { openDesk, TEST_SINK } from '../testing/open-desk.ts';
import { RepositoryNotes } from './repository-notes.ts';

let folder = '';
const stop = new AbortController();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-notes-'));
  await writeFile(join(folder, 'go.mod'), 'module orders\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const KNOWN = `known:
  - culprit: orders/store.(*Store).Put
    reason: bounded by tenants
`;
const write = (name: string, text: string) => writeFile(join(folder, name), text);

/** One look at a leak in orders/store.(*Store).Put with what the repository says of it. */
async function look(notes: RepositoryNotes) {
  const watch = new FakeWatchView({ isEmpty: true });
  const finding = drawFinding({ timeToExhaustion: null });
  const target = { service: 'orders', instance: 'a:1' };
  watch.incidentList = [
    ...advanceIncidents([], { target, findings: [finding], over: [], atMillis: watch.now() }).incidents,
  ];
  const matcher = parseMatcher('owner=@shop/store');
  const { desk, notices, lookWhenActive, end } = openDesk(watch, {
    settings: {
      sinks: [TEST_SINK, { ...TEST_SINK, name: 'store', title: 'to the owner' }],
      routes: [
        { matchers: matcher ? [matcher] : [], sinks: ['store'], isContinued: false },
        { matchers: [], sinks: ['log'], isContinued: false },
      ],
    },
    parts: { known: () => notes.known(), ownerOf: (incident) => notes.ownerOf(incident) },
  });
  await lookWhenActive();
  while (desk.sinks().some(({ waiting }) => waiting > 0)) await new Promise(setImmediate);
  await end();
  return { quiet: desk.alerts()[0]?.quiet, notices };
}

describe('what a repository says of alerts', () => {
  it('keeps quiet what it knows, and says why and where that stands', async () => {
    await write('plimsoll-known.yaml', KNOWN);
    const talk = { info: () => undefined, warn: () => undefined };
    const { quiet, notices } = await look(await RepositoryNotes.open([folder], talk));
    expect(quiet).toBe(`known (${join(folder, 'plimsoll-known.yaml')}): bounded by tenants`);
    expect(notices).toEqual([]);
  });

  it('routes to the owner of the code', async () => {
    const talk = { info: () => undefined, warn: () => undefined };
    await write('CODEOWNERS', '* @shop/all\n/store/ @shop/store\n');
    const owned = await look(await RepositoryNotes.open([folder], talk));
    expect(owned.notices.map(({ message, labels }) => [message.title, labels['owner']])).toEqual([
      ['to the owner', '@shop/store'],
    ]);
    await write('CODEOWNERS', '* @shop/all\n');
    const others = await look(await RepositoryNotes.open([folder], talk));
    expect(others.notices.map(({ labels }) => labels['owner'])).toEqual(['@shop/all']);
    expect(others.notices[0]?.message.title).not.toBe('to the owner');
  });

  it('routes to the owner of the fix where the first culprit is of a library', async () => {
    const talk = { info: () => undefined, warn: () => undefined };
    await write('CODEOWNERS', '/store/ @shop/store\n');
    await mkdir(join(folder, 'store'));
    await write('store/client.go', 'package store\n');
    const [culprit] = drawFinding().culprits;
    if (!culprit) throw new Error('no culprit');
    const dial = {
      ...culprit,
      function: 'net/http.(*Transport).dialConn',
      file: '/usr/local/go/src/net/http/transport.go',
    };
    const notes = await RepositoryNotes.open([folder], talk);
    const target = { service: 'orders', instance: 'a:1' };
    const ownerOf = (finding: Finding) => {
      const [incident] = advanceIncidents([], {
        target,
        findings: [finding],
        over: [],
        atMillis: 0,
      }).incidents;
      return incident === undefined ? null : notes.ownerOf(incident);
    };
    const fix = { text: 'Close the body', file: 'store/client.go', line: 7 };
    expect(await ownerOf(drawFinding({ culprits: [dial], fix }))).toBe('@shop/store');
    const holder = { ...culprit, role: 'holds' as const };
    expect(await ownerOf(drawFinding({ culprits: [dial, holder] }))).toBe('@shop/store');
    expect(await ownerOf(drawFinding({ culprits: [dial] }))).toBeNull();
  });

  it('is read again when it changes; a file that is wrong keeps what it said before, and is told with its place', async () => {
    const warnings: string[] = [];
    let isTold: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (isTold = resolve));
    const warn = (text: string) => {
      warnings.push(text);
      isTold();
    };
    const notes = await RepositoryNotes.open([folder], { info: () => undefined, warn });
    expect(notes.known()).toEqual([]);
    const following = notes.follow(stop.signal, 5);
    await write('plimsoll-known.yaml', KNOWN);
    while (notes.known().length === 0) await new Promise(setImmediate);
    await write('plimsoll-known.yaml', `${KNOWN}    expires: soon\n`);
    await told;
    expect(warnings[0]).toMatch(/plimsoll-known.yaml:4:5: known.0.expires: needs a day or an instant/);
    expect(notes.known()).toHaveLength(1);
    await rm(join(folder, 'plimsoll-known.yaml'));
    while (notes.known().length > 0) await new Promise(setImmediate);
    stop.abort();
    await following;
  });

  it('is heard of modules that come and go below the folder while it runs', async () => {
    await rm(join(folder, 'go.mod'));
    const notes = await RepositoryNotes.open([folder], { info: () => undefined, warn: () => undefined });
    const ending = new AbortController();
    const following = notes.follow(ending.signal, 5);
    const module = join(folder, 'services', 'orders');
    await mkdir(module, { recursive: true });
    await writeFile(join(module, 'plimsoll-known.yaml'), KNOWN);
    await writeFile(join(module, 'go.mod'), 'module orders\n');
    while (notes.known().length === 0) await new Promise(setImmediate);
    await rm(module, { recursive: true });
    while (notes.known().length > 0) await new Promise(setImmediate);
    ending.abort();
    await following;
  });
});
