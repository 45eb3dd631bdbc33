import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'web/src/**/*.test.{ts,tsx}'],
    // Minutes of a live service at 120x: `npm run test:live`, and the last part of npm test.
    exclude: process.env['PLIMSOLL_LIVE'] ? [] : ['test/live.test.ts', 'node_modules/**'],
    env: { TZ: 'UTC', LC_ALL: 'C' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What a page shows follows an action after a render: awaited, not read once.
    expect: { poll: { timeout: 10_000 } },
    // Two cores: more workers only make real servers and timings flaky.
    maxWorkers: 2,
  },
});
