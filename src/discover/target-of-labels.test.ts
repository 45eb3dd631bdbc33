import { describe, expect, it } from 'vitest';
import { targetOfLabels, withDefaults } from './target-of-labels.ts';

const common = { headers: {}, pprofHeaders: null, access: null, memoryLimitBytes: null, module: null };
const target = (labels: Record<string, string>, job: string | null = null) => {
  const found = targetOfLabels(withDefaults(labels, job), common);
  if (typeof found === 'string') return found;
  const { url, metrics, pprof, service, instance, labels: shown } = found.setting;
  return { url, metrics, pprof, service, instance, labels: shown };
};

describe('labels become a target', () => {
  it('of which everything is probed for, where they name an address alone', () => {
    expect(target({ __address__: 'orders:8080', team: 'shop', __meta_x: 'y' }, 'orders')).toEqual({
      url: 'http://orders:8080',
      metrics: null,
      pprof: null,
      service: 'orders',
      instance: null,
      labels: { job: 'orders', team: 'shop' },
    });
  });

  it.each<[string, Record<string, string>, string | null]>([
    ['its path', { __metrics_path__: '/internal/stats' }, 'http://a:1/internal/stats'],
    ['its scheme', { __scheme__: 'https', __metrics_path__: 'm' }, 'https://a:1/m'],
    [
      'its parameters, escaped',
      { __param_module: 'a&b', __param_x: '1' },
      'http://a:1/metrics?module=a%26b&x=1',
    ],
  ])('that is scraped by %s', (_, labels, metrics) => {
    expect(target({ __address__: 'a:1', ...labels })).toMatchObject({ metrics });
  });

  it.each<[string, Record<string, string>, string]>([
    ['a port of its own', { __pprof_port__: '6060' }, 'http://10.0.0.7:6060'],
    [
      'a port and a prefix',
      { __pprof_port__: '6060', __pprof_path__: '/x/debug/pprof' },
      'http://10.0.0.7:6060/x/debug/pprof',
    ],
    ['a prefix alone', { __pprof_path__: 'x' }, 'http://10.0.0.7:8080/x'],
    ['a host of its own', { __pprof_address__: 'side:1', __pprof_scheme__: 'https' }, 'https://side:1'],
  ])('with pprof at %s', (_, labels, pprof) => {
    expect(target({ __address__: '10.0.0.7:8080', ...labels })).toMatchObject({ pprof });
  });

  it.each([
    ['a port that names another host', { __pprof_port__: '80@evil.example/' }],
    ['a host with a path', { __pprof_address__: 'side:1/x?' }],
    ['another scheme', { __pprof_scheme__: 'file' }],
  ])('but no pprof at %s', (_, labels) => {
    expect(target({ __address__: '10.0.0.7:8080', ...labels })).toMatch(/gives no address$/);
  });

  it('with the memory limit that a label names, unless one is set', () => {
    const limit = (__memory_limit__: string, memoryLimitBytes: number | null = null) => {
      const found = targetOfLabels(withDefaults({ __address__: 'a:1', __memory_limit__ }, null), {
        ...common,
        memoryLimitBytes,
      });
      return typeof found === 'string' ? found : found.setting.memoryLimitBytes;
    };
    expect(limit('512Mi')).toBe(512 * 1024 * 1024);
    expect(limit('1000', 7)).toBe(7);
    expect(limit('0')).toBeNull();
    expect(limit('much')).toBeNull();
  });

  it('on an IPv6 address', () => {
    expect(target({ __address__: '[::1]:8080', __pprof_port__: '6060' })).toMatchObject({
      url: 'http://[::1]:8080',
      pprof: 'http://[::1]:6060',
    });
  });

  it('named by service before job before what the source suggests, with dashes for slashes', () => {
    const all = { __address__: 'a:1', service: 's', job: 'ns/j', __service__: 'n' };
    expect(target(all)).toMatchObject({ service: 's' });
    expect(target({ ...all, service: '' })).toMatchObject({ service: 'ns-j' });
    expect(target({ ...all, service: '', job: '' })).toMatchObject({ service: 'n' });
    expect(target({ __address__: 'a:1', instance: 'pod-7' })).toMatchObject({ instance: 'pod-7' });
  });

  it.each([
    [{ __address__: '' }, 'has no __address__'],
    [{ __address__: '', __no_address__: 'asks for the port "x"' }, 'asks for the port "x"'],
    [{ __address__: 'user:pw@host' }, 'is no host:port'],
    [{ __address__: 'host/path' }, 'is no host:port'],
    [{ __address__: 'host:port' }, 'is no host:port'],
    [{ __address__: 'a:1', __scheme__: 'file' }, 'neither http nor https'],
    [{ __address__: 'a:1', __pprof_port__: 'x' }, 'gives no address'],
  ])('of %j do not', (labels, why) => {
    expect(target(labels)).toContain(why);
  });
});
