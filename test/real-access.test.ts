// HTTPS, certificates of clients, basic authentication and bearer tokens, as Go itself serves them: Prometheus with a
// web.config.file, and a service with crypto/tls. The certificates are made by the program that made those of the fixtures.
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGoFixture, whyNoGo, type GoFixture } from '../src/testing/go-fixture.ts';
import { startPrometheus, whyNoPrometheus } from '../src/testing/real-prometheus.ts';
import type { RealServer } from '../src/testing/run-server.ts';
import { requireBuild, ROOT, runCli } from './built-cli.ts';

requireBuild();
const noGo = whyNoGo();
const noPrometheus = whyNoPrometheus();
const SECRET = 's3same';
/** bcrypt of the secret, cost 5: `htpasswd -nBC 5 plimsoll`. */
const HASH = '$2b$05$abcdefghijklmnopqrstuu8S81Hx7aRRz3jqdcVqZTJz3OHbnHXZC';

let folder = '';
const pem = (name: string) => join(folder, name);
const certificates = () => ['--ca', pem('ca.pem'), '--cert', pem('client.pem'), '--key', pem('client.key')];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-access-'));
  await writeFile(pem('secret'), `${SECRET}\n`);
  if (noGo !== null) return;
  for (const file of ['go.mod', 'main.go']) {
    await copyFile(join(ROOT, 'test', 'fixtures', 'tls', file), pem(file));
  }
  await promisify(execFile)('go', ['run', '.', '.'], { cwd: folder });
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

const secretsTold = (...runs: { stdout: string; stderr: string }[]) =>
  runs.filter(({ stdout, stderr }) => (stdout + stderr).includes(SECRET)).length;

describe.skipIf((noGo ?? noPrometheus) !== null)(
  `Prometheus behind its own TLS${noGo === null && noPrometheus === null ? '' : ` (${noGo ?? noPrometheus})`}`,
  () => {
    let server: RealServer;
    let url = '';
    beforeAll(async () => {
      const config = pem('web.yml');
      const tls = ['cert_file: server.pem', 'key_file: server.key', 'client_ca_file: ca.pem'];
      const own = [...tls, 'client_auth_type: RequireAndVerifyClientCert'].map((line) => `  ${line}\n`);
      await writeFile(config, `tls_server_config:\n${own.join('')}basic_auth_users:\n  plimsoll: ${HASH}\n`);
      server = await startPrometheus([], [`--web.config.file=${config}`]);
      url = server.url.replace('http:', 'https:');
    }, 60_000);
    afterAll(() => server?.stop());

    const basic = () => ['--user', 'plimsoll', '--password-file', pem('secret')];

    it('is a target with metrics and profiles for who shows a certificate and the password', async () => {
      const asked = await runCli(['doctor', url, ...certificates(), ...basic()]);
      expect(asked.stdout).toMatch(/ok +heap gauges +metrics/);
      expect(asked.stdout).toContain(`heap profile           ${url}/debug/pprof`);
      expect([asked.status, secretsTold(asked)]).toEqual([0, 0]);
    }, 60_000);

    it('answers as a query API, too', async () => {
      const asked = await runCli(['check', '--prometheus', url, ...certificates(), ...basic()]);
      expect(asked.stderr).toContain('no series matches');
    }, 60_000);

    it('refuses who lacks one of them, and the answer says which', async () => {
      const check = (...args: string[]) => runCli(['check', url, '--for', '5s', ...args]);
      const bare = await check('--ca', pem('ca.pem'), ...basic());
      expect(bare.stderr).toMatch(/certificate.*--cert and --key/s);
      const unnamed = await check(...certificates());
      expect(unnamed.stderr).toMatch(/HTTP 401/);
      const foreign = await check('--ca', pem('other-ca.pem'), ...basic());
      expect(foreign.stderr).toContain('signed by nobody that is trusted here');
      expect(secretsTold(bare, unnamed, foreign)).toBe(0);
    }, 60_000);
  },
);

describe.skipIf(noGo !== null)(`a service with crypto/tls${noGo === null ? '' : ` (${noGo})`}`, () => {
  let fixture: GoFixture;
  let url = '';
  beforeAll(async () => {
    fixture = await buildGoFixture('orders-tls');
    const service = await fixture.start({ FIXTURE_TLS: folder, FIXTURE_TOKEN: SECRET });
    url = service.url.replace('http:', 'https:');
  }, 120_000);
  afterAll(() => fixture?.remove());

  it('gives gauges and profiles to who has its bearer token, and to nobody else', async () => {
    const token = ['--bearer-file', pem('secret')];
    const asked = await runCli(['doctor', url, ...certificates(), ...token]);
    expect(asked.stdout).toMatch(/ok +goroutine profile/);
    const header = await runCli([
      ...['doctor', url, ...certificates()],
      ...['--header', `Authorization: Bearer ${SECRET}`],
    ]);
    expect(header.stdout).toMatch(/ok +heap gauges/);
    const turnedAway = await runCli(['doctor', url, ...certificates()]);
    expect(turnedAway.stdout).toMatch(/^refused .*HTTP 401: who is that\?\n +Give the credentials/);
    const refused = await runCli(['check', url, '--for', '5s', ...certificates()]);
    expect(refused.stderr).toMatch(/HTTP 401: who is that\?/);
    expect(secretsTold(asked, header, refused)).toBe(0);
  }, 60_000);

  it('refuses a certificate that is out of date, and the answer says whose', async () => {
    const expired = ['--ca', pem('ca.pem'), '--cert', pem('expired.pem'), '--key', pem('expired.key')];
    const { status, stderr } = await runCli(['doctor', url, ...expired]);
    expect(stderr).toMatch(/certificate that it was shown \(--cert\) is out of date/);
    expect(status).toBe(3);
  }, 60_000);

  it('gives its heap to the reports of profiles', async () => {
    const open = await fixture.start({ FIXTURE_TLS: folder });
    const tls = ['-tls_ca', pem('ca.pem'), '-tls_cert', pem('client.pem'), '-tls_key', pem('client.key')];
    const heap = `${open.url.replace('http:', 'https:')}/debug/pprof/heap?gc=1`;
    const asked = await runCli(['profile', 'top', ...tls, heap]);
    expect(asked.stdout).toContain('main.main');
    expect(asked.status).toBe(0);
  }, 60_000);
});
