// The page in a real browser, on a real server with a fake watch behind it.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../src/base/units.ts';
import { resolveIncident } from '../src/incident/advance-incidents.ts';
import { startServer, type RunningServer } from '../src/server/start-server.ts';
import { CACHE_FINGERPRINT, HUB_FINGERPRINT, hubFinding } from '../src/testing/fake-findings.ts';
import { FAKE_NOW, FakeWatchView } from '../src/testing/fake-watch-view.ts';
import { openDesk, TEST_SINK, type OpenDesk } from '../src/testing/open-desk.ts';
import type { ConfigStatus, DiscoveryStatus } from '../src/model/status.ts';
import { CHROMIUM_FLAGS, findChromium } from '../src/testing/find-chromium.ts';

const executablePath = findChromium();
const noChromium = executablePath === null ? 'Chromium is missing: apt-get install chromium' : '';
const note = noChromium && ` (skipped, ${noChromium})`;
const PAGES = ['/', '/s/orders', `/f/${HUB_FINGERPRINT}`, '/targets'];

let webDir: string;
let browser: Browser;

beforeAll(async () => {
  if (executablePath === null) return;
  webDir = await mkdtemp(join(tmpdir(), 'plimsoll-page-'));
  await promisify(execFile)(process.execPath, ['scripts/build-web.mjs', '--out', webDir]);
  browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
}, 120_000);

afterAll(async () => {
  if (executablePath === null) return;
  await browser.close();
  await rm(webDir, { recursive: true });
});

describe.skipIf(noChromium)(`the page in Chromium${note}`, () => {
  let view: FakeWatchView;
  let server: RunningServer;
  let context: BrowserContext;
  let page: Page;
  /** What the browser complained about, and whom it asked beside our server. */
  let complaints: string[];
  let strangers: string[];

  let desk: OpenDesk | null = null;
  let config: ConfigStatus | null = null;
  let discovery: DiscoveryStatus[] = [];

  const open = async (options: BrowserContextOptions = {}) => {
    context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      timezoneId: 'UTC',
      ...options,
    });
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== server.url && protocol !== 'data:') strangers.push(request.url());
    });
  };
  const serve = async (next: FakeWatchView, port = 0) => {
    view = next;
    await desk?.end();
    desk = openDesk(view, { settings: { sinks: [] } });
    server = await startServer({
      view,
      listen: { host: '127.0.0.1', port },
      webDir,
      version: '1.2.3',
      alerts: () => desk?.desk ?? null,
      config: () => config,
      discovery: () => discovery,
    });
  };
  const go = (path: string) => page.goto(server.url + path);
  const see = (text: string | RegExp) => page.getByText(text).first().waitFor();

  beforeEach(async () => {
    complaints = [];
    strangers = [];
    await serve(new FakeWatchView());
  });
  afterEach(async () => {
    await context.close();
    await server.close();
    await desk?.end();
    [desk, config, discovery] = [null, null, []];
    expect(strangers).toEqual([]);
  });

  it('shows the fleet, gravest first, with memory, growth, time to the limit and last evidence', async () => {
    await open();
    await go('/');
    const rows = page.locator('table.fleet tbody tr');
    await rows.first().waitFor();
    const first = (await rows.first().innerText()).replace(/\s+/g, ' ');
    expect(first).toMatch(
      /^orders .* Leak 398 MiB of 512 MiB 78 % 31 MiB\/h 29 MiB to 34 MiB 3 h 4\d min 3 h 1\d min to 4 h 1\d min 2 \d+ s ago$/,
    );
    await expect
      .poll(() => page.locator('a.row-link').allInnerTexts())
      .toEqual(['orders', 'billing', 'search', 'inventory', 'catalog', 'gateway', 'mailer']);
    expect(complaints).toEqual([]);
  });

  it('draws the waterline of a service and says the same in words', async () => {
    await open();
    await go('/s/orders');
    const chart = page.locator('.waterline-box').first();
    await chart.locator('canvas').waitFor();
    await expect
      .poll(() => chart.getAttribute('aria-label'))
      .toMatch(/^Memory went from \d+ MiB to \d+ MiB of 512 MiB since /);
    const painted = await chart.locator('canvas').evaluate((canvas) => {
      const picture = canvas as unknown as {
        width: number;
        height: number;
        getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } };
      };
      const { data } = picture.getContext('2d').getImageData(0, 0, picture.width, picture.height);
      const colours = new Set<string>();
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] === 255) colours.add(data.slice(i, i + 3).join());
      return colours.size;
    });
    expect(painted).toBeGreaterThan(5);
    for (const text of [/^At this rate the memory limit is reached/, 'Garbage', 'v1.4.2', 'Raw profiles'])
      await see(text);
    expect(complaints).toEqual([]);
  });

  it('shows a finding with its sentence, culprit in source, evidence, and what was ruled out', async () => {
    await open();
    await go(`/f/${HUB_FINGERPRINT}`);
    await expect.poll(() => page.locator('h1').innerText()).toBe(hubFinding(FAKE_NOW).summary);
    await page.locator('table.code').waitFor();
    expect((await page.locator('table.code tr.is-marked').innerText()).replace(/\s+/g, ' ')).toContain(
      'go func() {',
    );
    await expect.poll(() => page.locator('ol.evidence > li').count()).toBe(4);
    await expect.poll(() => page.locator('ol.path').innerText()).toContain('http.(*Server).handleStream');
    await see('requests fell by 71 % and goroutines went on rising');
    expect(complaints).toEqual([]);
  });

  it('shows the investigation with each answer, what to do, and how it was tested', async () => {
    await open();
    await go('/s/orders');
    await see('No: the peak took 42 % of 512 MiB.');
    await see('memory limit 272 MiB (224 MiB to 400 MiB)');
    await page.getByText('How it was tested').first().click();
    await see(/a limit that is too small: the peak took 42 % of it/);
    expect(complaints).toEqual([]);
  });

  it('shows each source of a target with its error, stage, and what to do', async () => {
    await open();
    await go('/targets');
    const mailer = page.locator('section.target').first();
    await mailer.waitFor();
    const text = (await mailer.innerText()).replace(/\s+/g, ' ');
    expect(text).toContain('collect http://10.0.0.61:6060/metrics: connection refused');
    expect(text).toContain('Is the process running');
    expect(text).toContain('17 failures in a row, tried again in 1 min');
    expect(text).toContain('5.5 ms, 13 KiB each');
    await see('import _ "net/http/pprof"');
    expect(complaints).toEqual([]);
  });

  it('says why its file is not in use, what discovery finds, and what could not be told', async () => {
    config = {
      file: 'plimsoll.yaml',
      isLastReloadSuccessful: false,
      lastReloadAt: FAKE_NOW,
      lastSuccessAt: FAKE_NOW - 3_600_000,
      problems: [{ line: 3, column: 5, field: 'targets', fact: 'needs a list', fix: 'Begin with "- ".' }],
      needsRestart: ['listen'],
    };
    const found = { job: 'shop', found: 4, kept: 3, dropped: 1, unfit: 0, unfitWhy: null };
    discovery = [{ ...found, source: 'dns shop', lastFoundAt: FAKE_NOW, failure: 'ENOTFOUND' }];
    let isRefusing = true;
    const hook = createServer((_, answer) => answer.writeHead(isRefusing ? 400 : 200).end());
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    const { port } = hook.address() as AddressInfo;
    const via = { kind: 'webhook' as const, url: `http://127.0.0.1:${port}/`, secret: null, headers: {} };
    await desk?.end();
    const sink = { ...TEST_SINK, name: 'desk', via, isResolutionSent: false };
    // What the desk before has told stays with the incidents, and would not be told again.
    view.incidentList = view.incidentList.map(({ told: _told, ...incident }) => incident);
    desk = openDesk(view, { settings: { sinks: [sink] } });
    await desk.lookWhenActive();
    const isWaiting = () => desk?.desk.sinks().some(({ waiting }) => waiting > 0) === true;
    while (isWaiting()) await new Promise(setImmediate);
    const given = desk.desk.deadLetters().length;
    expect(given).toBeGreaterThan(0);
    await open();
    await go('/targets');
    const textOf = async (name: string) =>
      (await page.locator(`section.${name}`).innerText()).replace(/\s+/g, ' ');
    await page.locator('section.watch-config').waitFor();
    expect(await textOf('watch-config')).toMatch(
      /Not in use plimsoll.yaml, loaded .* cannot be used: the settings of before go on. Line 3, column 5: targets: needs a list. Begin with "- ". Changed, and in effect with the next start: listen./,
    );
    expect(await textOf('watch-discovery')).toMatch(
      /dns shop shop Failing .* ENOTFOUND. What was found before goes on. 3 of 4 1 dropped by rules/,
    );
    const letters = page.locator('.dead-letters li');
    await expect.poll(() => letters.count()).toBe(given);
    expect(await textOf('watch-sinks')).toMatch(/desk webhook Failing never .*400.* 0 sent/);
    expect((await letters.first().innerText()).replace(/\s+/g, ' ')).toMatch(
      /^Memory leak in .* to desk: .*400.* Given up .* after 1 try. Send again$/,
    );
    isRefusing = false;
    await letters.first().getByRole('button').click();
    await see('It waits to be sent again.');
    await expect.poll(() => letters.count()).toBe(given - 1);
    isRefusing = true;
    const firing = view.incidentList;
    try {
      view.advance(25 * HOUR_MILLIS);
      await desk.desk.look();
      await expect.poll(() => desk?.desk.deadLetters().length).toBe(given);
      view.incidentList = firing.map((incident) => resolveIncident(incident, 'gone', view.now()));
      await desk.desk.look();
      await go('/targets');
      await see('What it says is not so any more: the leak is over, or is back.');
      expect(await letters.getByRole('button').count()).toBe(0);
    } finally {
      view.incidentList = firing;
    }
    await new Promise((resolve) => hook.close(resolve));
    expect(complaints).toEqual([]);
  });

  it('says that the folder of alerts cannot be taken, where and why', async () => {
    await desk?.end();
    desk = openDesk(view, { parts: { folder: '/dev/null/alerts' } });
    const opened = desk;
    await expect.poll(() => opened.desk.trouble()).not.toBeNull();
    await open();
    await go('/targets');
    await see('Folder of alerts');
    const text = await page.locator('section.watch-trouble').innerText();
    expect(text.replace(/\s+/g, ' ')).toMatch(/Failing \/dev\/null\/alerts, since .*: .*ENOTDIR/);
    expect(complaints).toEqual([]);
  });

  it('shows why nobody is told of a finding', async () => {
    const known = { service: null, fingerprint: HUB_FINGERPRINT, function: null, untilMillis: null };
    await desk?.end();
    desk = openDesk(view, {
      parts: { known: () => [{ ...known, because: 'fixed in v1.5', file: 'plimsoll-known.yaml' }] },
    });
    await desk.lookWhenActive();
    await open();
    await go(`/f/${HUB_FINGERPRINT}`);
    await see('Nobody is told: known (plimsoll-known.yaml): fixed in v1.5.');
    expect(complaints).toEqual([]);
  });

  it('acknowledges a finding on every instance, and shows that at once', async () => {
    await open();
    await go(`/f/${HUB_FINGERPRINT}`);
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.locator('.incident-states', { hasText: 'Acknowledged on 10.0.0.12:6060' }).waitFor();
    expect(view.incidentList.filter((i) => i.state === 'acknowledged').map((i) => i.id)).toEqual([
      'inc-cache',
      'inc-hub-11',
      'inc-hub-12',
    ]);
    await expect.poll(() => page.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
    await page.locator('.history', { hasText: 'acknowledged by hand' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('mutes for the time that was chosen, and resolves with the reason that was given', async () => {
    await open();
    await go(`/f/${CACHE_FINGERPRINT}`);
    await page.getByLabel('Mute for how long').selectOption('7d');
    await page.getByRole('button', { name: 'Mute' }).click();
    await page.locator('.incident-states', { hasText: 'Muted' }).waitFor();
    expect(view.incidentList.find((i) => i.id === 'inc-cache')?.mutedUntil).toBe(FAKE_NOW + 7 * 86_400_000);
    await page.getByLabel('Why it is resolved (optional)').fill('fixed in v1.5.0');
    await page.getByRole('button', { name: 'Resolve' }).click();
    await page.locator('.history', { hasText: 'fixed in v1.5.0' }).waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Resolve' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('says what went wrong when an action fails', async () => {
    await open();
    await go(`/f/${HUB_FINGERPRINT}`);
    await page.getByRole('button', { name: 'Acknowledge' }).waitFor();
    view.act = () => Promise.resolve(null);
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.locator('.said', { hasText: 'That did not work: no such incident is kept' }).waitFor();
  });

  const setMemory = (service: string, bytes: number) => {
    view.targetList = view.targetList.map((t) => (t.service === service ? { ...t, memoryBytes: bytes } : t));
    view.emit({ kind: 'evidence', service, instance: '10.0.0.31:6060', atMillis: FAKE_NOW });
  };

  it('shows new evidence by itself', async () => {
    await open();
    await go('/');
    await page.locator('.live-live').waitFor();
    setMemory('catalog', 777 * MIB);
    await page.locator('table.fleet', { hasText: '777 MiB of 1 GiB' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('holds everything back while paused, counts what waits, and catches up', async () => {
    await open();
    await go('/');
    await page.locator('.live-live').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    setMemory('catalog', 777 * MIB);
    await page.locator('.live-state', { hasText: 'Paused, 1 new' }).waitFor();
    expect(await page.locator('table.fleet').innerText()).not.toContain('777 MiB');
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.locator('table.fleet', { hasText: '777 MiB of 1 GiB' }).waitFor();
  });

  it('never moves a row from under the pointer', async () => {
    await open();
    await go('/');
    await page.locator('.live-live').waitFor();
    await page.locator('a.row-link', { hasText: 'mailer' }).hover();
    view.targetList = view.targetList.map((t) =>
      t.service === 'mailer' ? { ...t, verdict: 'leak' as const } : t,
    );
    setMemory('mailer', 66 * MIB);
    await page.locator('tr', { hasText: '66 MiB' }).waitFor();
    const names = page.locator('a.row-link');
    expect((await names.allInnerTexts()).at(-1)).toBe('mailer');
    await page.mouse.move(5, 5);
    await page.locator('tbody tr:nth-child(3)', { hasText: 'mailer' }).waitFor();
  });

  it('says that the server is gone, keeps what it showed, and comes back by itself', async () => {
    await open();
    await go('/');
    await page.locator('.live-live').waitFor();
    const port = Number(new URL(server.url).port);
    await server.close();
    await page.locator('.banner', { hasText: 'Plimsoll does not answer since' }).waitFor();
    await expect.poll(() => page.locator('table.fleet').innerText()).toContain('398 MiB');
    await serve(new FakeWatchView(), port);
    setMemory('catalog', 555 * MIB);
    await page.locator('.live-live').waitFor();
    await page.locator('table.fleet', { hasText: '555 MiB of 1 GiB' }).waitFor();
    await expect.poll(() => page.locator('.banner').count()).toBe(0);
  });

  it('says while undetermined what is known, what is not, and when a verdict can come', async () => {
    await open();
    await go('/s/search');
    const known = page.locator('.known');
    await known.waitFor();
    const text = (await known.innerText()).replace(/\s+/g, ' ');
    expect(text).toContain('growth of -12 MiB to 92 MiB per hour');
    expect(text).toContain('It takes two more hours at comparable load.');
    expect(text).toContain('In about 2 h');
  });

  it('shows one sample, a target that is down, and a finding without source as what they are', async () => {
    await open();
    await go('/s/inventory');
    await see(/^One sample so far: memory is/);
    await go('/s/mailer');
    await see('10.0.0.61:6060 does not answer.');
    await go(`/f/${CACHE_FINGERPRINT}`);
    await see(/^The source is not on the machine where Plimsoll runs/);
    expect(complaints).toEqual([]);
  });

  it('offers a command to copy when nothing is watched', async () => {
    await server.close();
    await serve(new FakeWatchView({ isEmpty: true }));
    await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await go('/');
    const command = `plimsoll watch http://localhost:6060 --listen ${new URL(server.url).host}`;
    await page.getByRole('button', { name: `Copy: ${command}` }).click();
    await page.locator('.copy-outcome', { hasText: 'Copied' }).waitFor();
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(command);
    expect(complaints).toEqual([]);
  });

  it('marks every rate while time is accelerated, and none in real time', async () => {
    await open();
    await go('/');
    await page.locator('table.fleet').waitFor();
    expect(await page.locator('.badge').count()).toBe(0);
    await server.close();
    await serve(new FakeWatchView({ timeScale: 60 }));
    for (const path of ['/', '/s/orders', `/f/${HUB_FINGERPRINT}`]) {
      await go(path);
      const rates = page.locator('.figure-value', { hasText: '/h' });
      await rates.first().waitFor();
      for (const rate of await rates.allInnerTexts()) expect(rate).toContain('60x');
    }
    await expect.poll(() => page.locator('h1').innerText()).toContain('60x');
  });

  it('goes by keyboard from service to service, into one, and along its chart', async () => {
    await open();
    await go('/');
    await page.locator('table.fleet').waitFor();
    const focused = () => page.evaluate('document.activeElement.textContent');
    for (let i = 0; (await focused()) !== 'orders' && i < 12; i++) await page.keyboard.press('Tab');
    await expect
      .poll(() => page.evaluate('getComputedStyle(document.activeElement).outlineStyle'))
      .toBe('solid');
    await page.keyboard.press('ArrowDown');
    await expect.poll(focused).toBe('billing');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/s/orders');
    await page.locator('.waterline-box canvas').first().waitFor();
    await expect.poll(() => page.title()).toBe('orders · Plimsoll');
    await page.locator('.waterline-box').first().focus();
    const latest = await page.locator('.readout').first().innerText();
    await page.keyboard.press('Home');
    const first = await page.locator('.readout').first().innerText();
    expect(latest).toContain('Latest');
    expect(first).not.toContain('Latest');
    await page.goBack();
    await page.locator('table.fleet').waitFor();
    expect(complaints).toEqual([]);
  });

  it('keeps what was chosen in the address', async () => {
    await open({ timezoneId: 'Europe/Berlin' });
    await go('/s/orders');
    await page.getByRole('button', { name: '1 h', exact: true }).click();
    await page.getByLabel('Instance').selectOption('10.0.0.12:6060');
    await page.getByRole('button', { name: 'Show in UTC' }).click();
    expect(new URL(page.url()).search).toBe('?range=1h&instance=10.0.0.12%3A6060&tz=utc');
    await page.reload();
    await page.getByRole('button', { name: '1 h', exact: true, pressed: true }).waitFor();
    await expect.poll(() => page.getByLabel('Instance').inputValue()).toBe('10.0.0.12:6060');
    await see(/^Times in UTC/);
  });

  it('turns denser evidence on and off', async () => {
    await open();
    await go('/s/orders');
    await page.getByRole('button', { name: 'Denser evidence for 15 min' }).click();
    await page.getByRole('button', { name: 'Stop denser evidence' }).click();
    await page.getByRole('button', { name: 'Denser evidence for 15 min' }).waitFor();
    expect(view.diagnosing.get('orders')).toBe(null);
    expect(complaints).toEqual([]);
  });

  it('is dark for who wants it dark, and follows when that changes', async () => {
    await open({ colorScheme: 'dark' });
    await go('/s/orders');
    await page.locator('.waterline-box canvas').first().waitFor();
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await expect.poll(paper).toBe('rgb(13, 20, 26)');
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(paper).toBe('rgb(245, 247, 248)');
    expect(complaints).toEqual([]);
  });

  it('fits a narrow screen without scrolling sideways', async () => {
    await open({ viewport: { width: 400, height: 800 } });
    for (const path of PAGES) {
      await go(path);
      await page.locator('h1').waitFor();
      await page.locator('table:visible').first().waitFor();
      await expect.poll(() => page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    }
    expect(complaints).toEqual([]);
  });

  it('shows hostile names and texts as text', async () => {
    const evil = '<img src=x onerror=alert(1)>"\'';
    view.targetList = view.targetList.map((t) => (t.service === 'catalog' ? { ...t, service: evil } : t));
    view.incidentList = view.incidentList.map((i) => ({
      ...i,
      finding: { ...i.finding, summary: evil, pattern: evil },
    }));
    await open();
    await go('/');
    await page.locator('a.row-link', { hasText: evil }).click();
    await page.locator('h1', { hasText: evil }).waitFor();
    await go(`/f/${HUB_FINGERPRINT}`);
    await page.locator('h1', { hasText: evil }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('says so at an address that is no page', async () => {
    await open();
    await go('/nowhere');
    await see('There is no such page');
    await go('/s/nobody');
    await see('No service “nobody” is watched');
    await go('/f/nobody');
    await see('No such finding is kept');
  });
});
