// `plimsoll profile ui` as it is built: its answers against the text reports, its page in a real browser.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeProfile } from '../src/pprof/encode-proto.ts';
import type {
  FlameReply,
  GrowthMessage,
  ProfileMessage,
  SourceMessage,
  TopMessage,
} from '../src/protocol/profile-messages.ts';
import { drawProfile } from '../src/testing/drawn-profile.ts';
import { CHROMIUM_FLAGS, findChromium } from '../src/testing/find-chromium.ts';
import { requireBuild, ROOT, runCli, startCli, type RunningCli } from './built-cli.ts';

requireBuild();

const PROFILES = join(ROOT, 'test', 'fixtures', 'profiles');
const HEAP = join(PROFILES, 'heap.pb.gz');
const BEFORE = join(PROFILES, 'heap.before.pb.gz');
const SOURCES = ['-trim_path', 'example.com/harbour', '-source_path', join(PROFILES, 'src')];

interface Ui {
  readonly run: RunningCli;
  /** With a slash at the end. */
  readonly url: string;
}

let running: Ui[] = [];

async function startUi(...args: readonly string[]): Promise<Ui> {
  const run = startCli(['profile', 'ui', ...args]);
  const url = (await run.waitFor(/^page: (http:\/\/\S+\/)$/m))[1] ?? '';
  running.push({ run, url });
  return { run, url };
}

async function ask<Message>(ui: Ui, path: string): Promise<Message> {
  const response = await fetch(ui.url + path);
  expect(response.status, path).toBe(200);
  return (await response.json()) as Message;
}

afterEach(async () => {
  for (const { run } of running) await run.kill('SIGINT');
  running = [];
});

/** Rows of `top` as the page gets them, spelled as the command prints them. */
function printTop({ labels, rows }: TopMessage): string {
  const cell = (text: string): string => text.padStart(10);
  const share = (text: string): string => text.padStart(6);
  return [
    ...labels,
    '      flat  flat%   sum%        cum   cum%',
    ...rows.map(({ flat, flatShare, sumShare, cum, cumShare, name, inlining }) =>
      `${cell(flat)} ${share(flatShare)} ${share(sumShare)} ${cell(cum)} ${share(cumShare)}  ${name} ${inlining}`.trimEnd(),
    ),
    '',
  ].join('\n');
}

describe('plimsoll profile ui', () => {
  it('answers with the numbers that top prints, for each sample type and both orders', async () => {
    const ui = await startUi(HEAP);
    const { types, defaultType } = await ask<ProfileMessage>(ui, 'api/profile');
    expect(types.map(({ name }) => name)).toEqual([
      'alloc_objects',
      'alloc_space',
      'inuse_objects',
      'inuse_space',
    ]);
    expect(defaultType).toBe(3);
    for (const [row, { name }] of types.entries())
      for (const sort of ['flat', 'cum']) {
        const { stdout } = await runCli(['profile', 'top', `-${sort}`, '-sample_index', name, HEAP]);
        expect(printTop(await ask<TopMessage>(ui, `api/top?type=${row}&sort=${sort}`))).toBe(stdout);
      }
  });

  it('draws a flame graph whose root is the total, and lists the source with the numbers of list', async () => {
    const ui = await startUi(...SOURCES, HEAP);
    const { stdout } = await runCli(['profile', 'list', ...SOURCES, 'main.main.dock.func4$', HEAP]);
    const { routines } = await ask<SourceMessage>(ui, 'api/source?type=3&name=main.main.dock.func4');
    const [routine] = routines;
    const valued = routine?.lines.filter(({ cum }) => cum !== '') ?? [];
    expect(valued.length).toBeGreaterThan(0);
    for (const { flat, cum, line, text } of valued)
      expect(stdout).toContain(
        `${(flat || '.').padStart(10)} ${cum.padStart(10)} ${String(line).padStart(6)}:${text}\n`,
      );
    const { flame } = await ask<FlameReply>(ui, 'api/flame?type=3');
    const folded = (await runCli(['profile', 'folded', HEAP])).stdout.trim().split('\n');
    const total = folded.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    expect(flame.total[0]).toBe(total);
    expect(flame.hidden).toBe(0);
  });

  it('compares with a base as diff does, and subtracts it as top -base does', async () => {
    const ui = await startUi('-base', BEFORE, HEAP);
    const { stdout } = await runCli(['profile', 'diff', '-base', BEFORE, HEAP]);
    const { rows, total } = await ask<GrowthMessage>(ui, 'api/growth?type=3&sort=flat');
    expect(stdout).toContain(`Growth: ${total}\n`);
    expect(rows.some(({ isSignificant }) => !isSignificant)).toBe(true);
    for (const { growth, interval, before, after, name } of rows)
      expect(stdout.replace(/ +/g, ' ')).toContain(` ${growth} ${interval} ${before} ${after} ${name}\n`);
    const top = await runCli(['profile', 'top', '-base', BEFORE, HEAP]);
    expect(printTop(await ask<TopMessage>(ui, 'api/top?type=3&sort=flat'))).toBe(top.stdout);
  });

  it('serves loopback, refuses other host names and pages, says what is wrong, ends with Ctrl-C', async () => {
    const ui = await startUi('-http', 'localhost:', HEAP);
    expect(ui.url).toMatch(/^http:\/\/localhost:\d+\/$/);
    const page = await fetch(ui.url);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const foreign = await fetch(`${ui.url}api/profile`, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect(foreign.status).toBe(403);
    for (const [path, status] of [
      ['api/top?type=99&sort=flat', 422],
      ['api/top?type=1', 400],
      ['api/growth?type=1&sort=flat', 404],
      ['..%2fpackage.json', 404],
    ] as const)
      expect((await fetch(ui.url + path)).status, path).toBe(status);
    const { status, stdout } = await ui.run.kill('SIGINT');
    expect(status).toBe(0);
    expect(stdout).toBe(`page: ${ui.url}\n`);
  });

  it.each([
    ['no profile', ['profile', 'ui'], /no profile is named/],
    ['an address that is none', ['profile', 'ui', '--listen', 'here', HEAP], /--listen.*found "here"/],
    ['a page of another report', ['profile', 'top', '-http', ':8080', HEAP], /plimsoll profile ui/],
    ['a file that is missing', ['profile', 'ui', '/nowhere.pb.gz'], /nowhere\.pb\.gz/],
  ])('refuses %s', async (_, args, sentence) => {
    const { status, stderr } = await runCli(args);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(sentence);
  });
});

const executablePath = findChromium();
const noChromium = executablePath === null ? 'Chromium is missing: apt-get install chromium' : '';
const note = noChromium && ` (skipped, ${noChromium})`;

describe.skipIf(noChromium)(`the page of profile ui in Chromium${note}`, () => {
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: [...CHROMIUM_FLAGS] });
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const open = async (ui: Ui, hash = '') => {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(ui.url + hash);
  };
  const chosen = () => page.locator('#frame').innerText();
  const clickFrame = (depth: number, x: number) =>
    page.locator('canvas.flame').click({ position: { x, y: depth * 20 + 10 } });
  const tab = (name: string) => page.getByRole('tab', { name }).click();

  it('zooms into the frame that is clicked, and out again with Esc and with its button', async () => {
    await open(await startUi(HEAP));
    await page.locator('canvas.flame').waitFor();
    await expect.poll(chosen).toMatch(/^all 27\.68MB, 100\.00%$/);
    const whole = page.getByRole('button', { name: 'Whole picture' });
    await expect.poll(() => whole.isDisabled()).toBe(true);
    await clickFrame(1, 40);
    await expect.poll(chosen).not.toMatch(/^all/);
    const zoomed = await chosen();
    // Zoomed, the frame is as wide as the picture: a click at its far end finds it again.
    await clickFrame(1, 1200);
    await expect.poll(chosen).toBe(zoomed);
    await page.keyboard.press('Escape');
    await expect.poll(chosen).toMatch(/^all/);
    await clickFrame(1, 40);
    await whole.click();
    await expect.poll(chosen).toMatch(/^all/);
  });

  it('is used without a mouse: arrows choose, Enter zooms, / searches, arrows move between tabs', async () => {
    await open(await startUi(HEAP));
    const canvas = page.locator('canvas.flame');
    await canvas.focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    await expect.poll(chosen).not.toMatch(/^all/);
    await expect.poll(() => page.getByRole('button', { name: 'Whole picture' }).isEnabled()).toBe(true);
    await page.keyboard.press('/');
    await page.keyboard.type('put$');
    await page.getByText(/^\d+ frames? found, [\d.]+% of all\./).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText(/frames? found/).waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: 'Flame' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('table.top-table').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('tab-top');
  });

  it('switches tabs, order and sample type, opens sources, and keeps all of it in the address', async () => {
    const ui = await startUi(...SOURCES, HEAP);
    await open(ui);
    await tab('Top');
    const first = page.locator('table.top-table tbody tr').first();
    expect((await first.innerText()).replace(/\s+/g, ' ')).toMatch(/^\d.*MB .*main\.main\.dock\.func4/);
    await page.getByRole('button', { name: /^cum/ }).click();
    await page.locator('th[aria-sort="descending"]', { hasText: 'cum' }).waitFor();
    await expect.poll(() => first.innerText()).toContain('runtime.main');
    await page.getByLabel('Sample type').selectOption({ label: 'alloc_objects (count)' });
    await page.getByText('Type: alloc_objects').waitFor();
    await page.getByLabel('Search').fill('dock.func4');
    await page.getByText('1 of 1 rows.').waitFor();
    await page.getByRole('button', { name: 'main.main.dock.func4' }).click();
    await page.locator('table.source tr.has-value', { hasText: 'ships.Put(' }).waitFor();
    const address = page.url();
    expect(address).toContain('tab=source&type=0&sort=cum&search=dock.func4&name=main.main.dock.func4');
    await page.goBack();
    await page.locator('table.top-table').waitFor();
    await page.goto('about:blank');
    await page.goto(address);
    await page.locator('table.source').waitFor();
  });

  it('shows what grew first where there is a base', async () => {
    await open(await startUi('-base', BEFORE, HEAP));
    await page.getByText(/^Growth: 22\.66MB \(/).waitFor();
    await page.locator('tr.is-noise', { hasText: '(may be noise)' }).first().waitFor();
    await page.getByRole('button', { name: 'all its callers' }).click();
    await page.locator('table.growth-table', { hasText: 'runtime.main' }).waitFor();
    await tab('Flame');
    await page.getByText('red grew').waitFor();
    await page.locator('canvas.flame').waitFor();
  });

  it('shows names that are HTML as text', async () => {
    const name = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;
    const place = 'H'.repeat(name.length);
    const bytes = Buffer.from(encodeProfile(drawProfile(`types space/bytes\n main > ${place} = 5`)));
    const at = bytes.indexOf(place);
    bytes.write(name, at, 'latin1');
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-ui-'));
    try {
      await writeFile(join(folder, 'hostile.pb'), bytes);
      // Else what looks like arguments of a C++ template would be cut away.
      await open(await startUi('-symbolize=none', join(folder, 'hostile.pb')));
      await clickFrame(2, 40);
      await expect.poll(chosen).toContain(name);
      await page.locator('canvas.flame').hover({ position: { x: 60, y: 50 } });
      await expect.poll(() => page.locator('.tip').innerText()).toContain(name);
      await page.getByRole('button', { name: 'Source' }).click();
      await page.getByText(/^The profile names no file for|^Its source is not at hand/).waitFor();
      await tab('Top');
      await expect.poll(() => page.locator('td.name').allInnerTexts()).toContain(name);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.title()).not.toContain('taken');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
