import { expect, it } from 'vitest';
import { formatMetrics } from './metrics-text.ts';

it('escapes labels and help so that a hostile service name stays one line and one label', () => {
  const text = formatMetrics([
    {
      name: 'm',
      help: 'two\nlines \\',
      type: 'gauge',
      samples: [{ labels: { service: 'a"} 1\nevil\\' }, value: 1 }],
    },
  ]);
  expect(text).toBe('# HELP m two\\nlines \\\\\n# TYPE m gauge\nm{service="a\\"} 1\\nevil\\\\"} 1\n');
});

it('spells what is not finite as Prometheus does', () => {
  const samples = [Infinity, -Infinity, Number.NaN].map((value) => ({ value }));
  const text = formatMetrics([{ name: 'm', help: 'h', type: 'gauge', samples }]);
  expect(text.split('\n').slice(2, 5)).toEqual(['m +Inf', 'm -Inf', 'm NaN']);
});

it('leaves out a metric without samples', () => {
  expect(formatMetrics([{ name: 'm', help: 'h', type: 'gauge', samples: [] }])).toBe('');
});
