// npm test: installs what tests need, builds, checks, runs every test, lists what was skipped and why.
// With CI=true a skip that test/skips.json does not allow is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, checkNode, ensureBuild, ensurePackages, findProgram, run, say } from './setup.mjs';

checkNode();
const isCi = process.env.CI === 'true';
const startedAt = Date.now();

/** Programs that tests use for real: where they are missing, tests that need them are skipped, loudly. */
const TOOLS = [
  {
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    debian: 'chromium',
    for: 'the page in a browser',
  },
  { names: ['prometheus'], debian: 'prometheus', for: 'the query API' },
  {
    names: ['prometheus-alertmanager'],
    debian: 'prometheus-alertmanager',
    for: 'alerts at a real Alertmanager',
  },
  {
    names: ['prometheus-node-exporter'],
    debian: 'prometheus-node-exporter',
    for: 'machines as their real exporter tells them',
  },
  {
    names: ['prometheus-process-exporter'],
    debian: 'prometheus-process-exporter',
    for: 'processes as their real exporter tells them',
  },
  { names: ['gcc', 'cc'], debian: 'gcc libc6-dev', for: 'the C leak of the demo service' },
];

async function ensureTools() {
  const missing = TOOLS.filter((tool) => findProgram(...tool.names) === null);
  if (missing.length === 0) return;
  const install = `apt-get install -y ${missing.map((tool) => tool.debian).join(' ')}`;
  const isDebianRoot = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (isCi && isDebianRoot) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get update', 'apt-get', ['update'], { env });
    if (await run(install, 'sh', ['-c', install], { env })) return;
  }
  for (const tool of missing)
    say(`${tool.names[0]} is missing, tests of ${tool.for} are skipped: ${install}`);
}

function readResults(file) {
  if (!existsSync(file)) return null;
  const results = JSON.parse(readFileSync(file, 'utf8'));
  const tests = results.testResults.flatMap((suite) => suite.assertionResults);
  // A file that cannot be loaded, or whose hooks fail, has no test that failed.
  const broken = results.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  return {
    passed: tests.filter((t) => t.status === 'passed').length,
    failed: tests.filter((t) => t.status === 'failed').length + broken.length,
    skipped: tests.filter((t) => t.status !== 'passed' && t.status !== 'failed').map((t) => t.fullName),
  };
}

/** The live scenario watches a real service at 120x: it comes last and has the machine to itself. */
const runs = [
  { name: 'tests', args: [], env: {} },
  { name: 'live scenario', args: ['test/live.test.ts'], env: { PLIMSOLL_LIVE: '1' } },
];

async function vitestRun({ name, args: files, env }) {
  const folder = join(ROOT, 'node_modules', '.cache', 'plimsoll');
  const file = join(folder, 'vitest.json');
  mkdirSync(folder, { recursive: true });
  rmSync(file, { force: true });
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', ...files, '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  const isOk = await run(name, process.execPath, args, { loud: true, env: { ...process.env, ...env } });
  const results = readResults(file) ?? { passed: 0, failed: 1, skipped: [] };
  if (!isOk && results.failed === 0) results.failed = 1;
  return results;
}

/** The demo service has tests of its own, in Go. */
async function goTests() {
  if (!findProgram('go')) {
    return { passed: 0, failed: 0, skipped: ['demo service (Go): go is not installed; see go.dev/dl'] };
  }
  const cwd = join(ROOT, 'demo');
  const isVetted = await run('go vet', 'go', ['vet', './...'], { cwd });
  const formatted = spawnSync('gofmt', ['-l', '.'], { cwd, encoding: 'utf8' });
  const unformatted = formatted.stdout.trim();
  if (unformatted) say(`gofmt: ${unformatted.split('\n').join(', ')}`);
  const tested = spawnSync('go', ['test', '-json', './...'], { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  const counts = { passed: 0, failed: 0, skipped: [] };
  for (const line of tested.stdout.split('\n')) {
    if (!line.startsWith('{')) continue;
    const event = JSON.parse(line);
    if (event.Action === 'output' && /^\s*(---|panic|.*_test\.go:)/.test(event.Output)) {
      if (tested.status !== 0) process.stdout.write(event.Output);
    }
    if (!event.Test) continue;
    if (event.Action === 'pass') counts.passed++;
    if (event.Action === 'fail') counts.failed++;
    if (event.Action === 'skip') counts.skipped.push(`demo service (Go): ${event.Test}`);
  }
  if (tested.status !== 0) {
    process.stdout.write(tested.stderr);
    counts.failed ||= 1;
  }
  counts.failed += (isVetted ? 0 : 1) + (unformatted ? 1 : 0);
  say(`go test: ${counts.passed} passed, ${counts.failed} failed`);
  return counts;
}

/** Skips and whether test/skips.json allows each. */
function judgeSkips(skipped) {
  const allowed = JSON.parse(readFileSync(join(ROOT, 'test', 'skips.json'), 'utf8')).allowed;
  let forbidden = 0;
  if (skipped.length) say(`${skipped.length} skipped:`);
  for (const name of skipped) {
    const rule = allowed.find((a) => new RegExp(a.test).test(name));
    process.stdout.write(`  - ${name}${rule ? ` (allowed: ${rule.reason})` : ''}\n`);
    if (!rule) forbidden++;
  }
  if (isCi && forbidden) {
    say(`${forbidden} skip(s) that test/skips.json does not allow: with CI=true that fails`);
    return forbidden;
  }
  return 0;
}

if (!(await ensurePackages())) process.exit(1);
await ensureTools();
let failed = (await ensureBuild()) ? 0 : 1;
for (const script of ['format:check', 'lint', 'typecheck', 'imports', 'schema:check']) {
  if (!(await run(script, 'npm', ['run', '-s', script]))) failed++;
}
const suites = [await goTests()];
for (const each of runs) suites.push(await vitestRun(each));
const passed = suites.reduce((sum, suite) => sum + suite.passed, 0);
const skipped = suites.flatMap((suite) => suite.skipped);
failed += suites.reduce((sum, suite) => sum + suite.failed, 0);
failed += judgeSkips(skipped);
say(`took ${Math.round((Date.now() - startedAt) / 1000)} s`);
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
process.exit(failed ? 1 : 0);
