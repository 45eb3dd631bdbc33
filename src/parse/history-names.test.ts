import { describe, expect, it } from 'vitest';
import {
  chooseRecipes,
  containerGaugeOf,
  isGaugeMetric,
  podOf,
  seriesKeyOf,
  targetLabelsOf,
} from './history-names.ts';

const named = (name: string, labels = {}) => ({ __name__: name, ...labels });

describe('seriesKeyOf', () => {
  it.each([
    ['go_goroutines', {}, 'go_goroutines'],
    ['go_memory_used_bytes', { go_memory_type: 'stack' }, 'go_memory_used_bytes{stack}'],
    ['go.memory.used', { 'go.memory.type': 'other' }, 'go_memory_used{other}'],
    ['orders_process_open_fds', {}, 'process_open_fds'],
    ['go_memory_used_bytes', { go_memory_type: 'new' }, null],
    ['http_requests_total', {}, null],
    ['process_network_receive_bytes_total', {}, null],
  ])('%s %j is known as %s', (name, labels, key) => {
    expect(seriesKeyOf(named(name, labels))).toBe(key);
  });
});

it('only metrics of Go and of the process are asked for', () => {
  const names = [
    'go_goroutines',
    'go.goroutine.count',
    'x_process_max_fds',
    'go_info',
    'http_requests_total',
    'up',
  ];
  expect(names.filter(isGaugeMetric)).toEqual(names.slice(0, 4));
});

it('the best way to know a gauge wins, and needs all its parts', () => {
  const has = new Set([
    'go_memory_classes_heap_objects_bytes',
    'go_memory_classes_heap_unused_bytes',
    'go_threads',
  ]);
  expect(chooseRecipes((key) => has.has(key)).map(({ gauge, sumOf }) => [gauge, sumOf.length])).toEqual([
    ['heapAllocBytes', 1],
    ['heapInuseBytes', 2],
    ['threads', 1],
  ]);
});

it('labels of the metric and of replicas do not tell processes apart', () => {
  const target = { job: 'a', instance: 'b' };
  for (const own of [
    { quantile: '0.5' },
    { version: 'go1.26' },
    { prometheus_replica: 'x' },
    { otel_scope_name: 'r' },
  ])
    expect(targetLabelsOf(named('m', { ...target, ...own, empty: '' }))).toEqual(target);
  expect(JSON.stringify(targetLabelsOf({ job: 'a', instance: 'b' }))).toBe('{"instance":"b","job":"a"}');
});

describe('podOf', () => {
  it('knows the names that scrape configurations give', () => {
    expect(podOf({ namespace: 's', pod: 'p' })).toEqual({ namespace: 's', pod: 'p', container: null });
    expect(podOf({ kubernetes_namespace: 's', kubernetes_pod_name: 'p', container: 'c' })?.container).toBe(
      'c',
    );
    expect(podOf({ k8s_namespace_name: 's', k8s_pod_name: 'p' })?.pod).toBe('p');
    expect(podOf({ pod: 'p' })).toBeNull();
  });

  it('prefers what kube-state-metrics says of others where it is relabelled', () => {
    const labels = {
      namespace: 'kube',
      pod: 'ksm',
      exported_namespace: 's',
      exported_pod: 'p',
      exported_container: 'c',
    };
    expect(podOf(labels, true)).toEqual({ namespace: 's', pod: 'p', container: 'c' });
    expect(podOf(labels)?.pod).toBe('ksm');
  });
});

it('a container has gauges; pods, nodes, pauses and processors have none', () => {
  const gauge = (name: string, labels: Record<string, string>) => containerGaugeOf(named(name, labels));
  expect(gauge('container_memory_rss', { container: 'app' })).toBe('rssAnonBytes');
  expect(gauge('kube_pod_container_resource_limits', { container: 'app', resource: 'memory' })).toBe(
    'memoryLimitBytes',
  );
  expect(gauge('kube_pod_container_resource_limits', { container: 'app', resource: 'cpu' })).toBeNull();
  expect(gauge('container_memory_rss', { container: 'POD' })).toBeNull();
  expect(gauge('container_memory_rss', { id: '/kubepods' })).toBeNull();
});
