// CPU, block and mutex profiles of a running Go service, taken when somebody asks and shown by the same reports.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGoFixture, whyNoGo, type GoFixture, type RunningGo } from '../src/testing/go-fixture.ts';
import { requireBuild, runCli } from './built-cli.ts';

requireBuild();
const reason = whyNoGo();

describe.skipIf(reason !== null)(`a profile on request${reason === null ? '' : ` (${reason})`}`, () => {
  let fixture: GoFixture;
  let service: RunningGo;
  beforeAll(async () => {
    fixture = await buildGoFixture('orders');
    service = await fixture.start();
  }, 180_000);
  afterAll(() => fixture?.remove());

  it.each([
    ['profile', 'cpu', ['-seconds=1']],
    ['block', 'delay', []],
    ['mutex', 'delay', []],
  ])(
    '%s is fetched and reported as %s',
    async (path, type, flags) => {
      const run = await runCli(['profile', 'top', ...flags, `${service.url}/debug/pprof/${path}`]);
      expect(run.stdout).toMatch(/^File: orders$/m);
      expect(run.stdout).toMatch(new RegExp(`^Type: ${type}$`, 'm'));
      expect(run.status).toBe(0);
    },
    60_000,
  );
});
