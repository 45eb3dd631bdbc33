import { describe, expect, it } from 'vitest';
import type { RelabelRule } from '../config/settings.ts';
import { compileRelabel, hashMod } from './relabel.ts';

/** `a=1 b=2` to labels and back; null = the target is dropped. */
const labels = (text: string) =>
  Object.fromEntries(
    text
      .split(' ')
      .filter((pair) => pair !== '')
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
const show = (result: Readonly<Record<string, string>> | null) =>
  result &&
  Object.entries(result)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
const relabel = (text: string, ...rules: RelabelRule[]) => show(compileRelabel(rules)(labels(text)));

describe('relabelling', () => {
  it.each<[string, string, RelabelRule, string | null]>([
    [
      'joins with a semicolon and puts groups in place',
      'a=foo b=bar',
      { sourceLabels: ['a', 'b'], regex: 'f(.*);(.)ar', targetLabel: 'c', replacement: '${1}-$2' },
      'a=foo b=bar c=oo-b',
    ],
    [
      'copies by default, whatever stands there',
      'a=1 b=2',
      { sourceLabels: ['a'], targetLabel: 'b' },
      'a=1 b=1',
    ],
    [
      'changes nothing without a match',
      'a=foo',
      { sourceLabels: ['a'], regex: 'f', targetLabel: 'b', replacement: 'x' },
      'a=foo',
    ],
    [
      'matches the whole text alone, alternatives too',
      'a=foo',
      { sourceLabels: ['a'], regex: 'f|o', action: 'drop' },
      'a=foo',
    ],
    ['removes the label that becomes empty', 'a=1 b=2', { sourceLabels: ['c'], targetLabel: 'a' }, 'b=2'],
    [
      'takes the name of the label from a group',
      'a=some-name-value',
      { sourceLabels: ['a'], regex: 'some-([^-]+)-([^,]+)', targetLabel: '${1}', replacement: '$2' },
      'a=some-name-value name=value',
    ],
    [
      'sets nothing where the group gives no name of a label',
      'a=0-x',
      { sourceLabels: ['a'], regex: '(.)-(.)', targetLabel: '${1}', replacement: '$2' },
      'a=0-x',
    ],
    [
      'reads $1x as a group of that name, which there is not',
      'a=1',
      { sourceLabels: ['a'], targetLabel: 'b', replacement: '<$1x>$$<$1>' },
      'a=1 b=<>$<1>',
    ],
    [
      'knows groups by name',
      'a=v7',
      { sourceLabels: ['a'], regex: 'v(?P<major>\\d)', targetLabel: 'b', replacement: 'm${major}' },
      'a=v7 b=m7',
    ],
    ['keeps what matches', 'a=foo', { sourceLabels: ['a'], regex: 'f.*', action: 'keep' }, 'a=foo'],
    ['drops what does not match a keep', 'a=foo', { sourceLabels: ['a'], regex: 'o', action: 'keep' }, null],
    ['drops what matches', 'a=foo', { sourceLabels: ['a'], regex: '.*o', action: 'drop' }, null],
    [
      'keeps equals',
      'p=80 q=80',
      { sourceLabels: ['p'], targetLabel: 'q', action: 'keepequal' },
      'p=80 q=80',
    ],
    ['drops unequals', 'p=80 q=81', { sourceLabels: ['p'], targetLabel: 'q', action: 'keepequal' }, null],
    ['drops equals', 'p=80 q=80', { sourceLabels: ['p'], targetLabel: 'q', action: 'dropequal' }, null],
    [
      'hashes as Prometheus does',
      'c=baz',
      { sourceLabels: ['c'], targetLabel: 'd', modulus: 1000, action: 'hashmod' },
      'c=baz d=976',
    ],
    [
      'maps names of labels',
      '__meta_my_bar=a __meta_my_baz=b x=c',
      { regex: '__meta_my_(.*)', action: 'labelmap' },
      '__meta_my_bar=a __meta_my_baz=b bar=a baz=b x=c',
    ],
    ['drops labels', 'a=1 b1=2 b2=3', { regex: 'b.', action: 'labeldrop' }, 'a=1'],
    ['keeps labels', 'a=1 b1=2 b2=3', { regex: 'b.', action: 'labelkeep' }, 'b1=2 b2=3'],
    ['lowers', 'a=FoO', { sourceLabels: ['a'], targetLabel: 'b', action: 'lowercase' }, 'a=FoO b=foo'],
    ['raises', 'a=FoO', { sourceLabels: ['a'], targetLabel: 'b', action: 'uppercase' }, 'a=FoO b=FOO'],
  ])('%s', (_, before, rule, after) => {
    expect(relabel(before, rule)).toBe(after);
  });

  it('applies rules in order, each to what the one before left', () => {
    const address: RelabelRule = {
      sourceLabels: ['__address__', '__meta_kubernetes_pod_annotation_prometheus_io_port'],
      regex: String.raw`([^:]+)(?::\d+)?;(\d+)`,
      replacement: '$1:$2',
      targetLabel: '__address__',
    };
    const path: RelabelRule = {
      sourceLabels: ['__meta_kubernetes_pod_annotation_prometheus_io_path'],
      regex: '(.+)',
      targetLabel: '__metrics_path__',
    };
    const annotation = '__meta_kubernetes_pod_annotation_prometheus_io';
    expect(
      relabel(`__address__=10.0.0.7:8080 ${annotation}_port=9102 __metrics_path__=/metrics`, address, path, {
        regex: '__meta_.*',
        action: 'labeldrop',
      }),
    ).toBe('__address__=10.0.0.7:9102 __metrics_path__=/metrics');
  });

  it('takes linear time for an expression that kills others', () => {
    const rule: RelabelRule = { sourceLabels: ['a'], regex: '(a+)+b', action: 'drop' };
    expect(compileRelabel([rule])({ a: 'a'.repeat(5000) })).not.toBeNull();
  });

  it('lets a dot match the end of a line', () => {
    expect(compileRelabel([{ sourceLabels: ['a'], regex: 'x.y', action: 'drop' }])({ a: 'x\ny' })).toBeNull();
  });

  it.each<[RelabelRule, string]>([
    [{}, 'needs target_label'],
    [{ action: 'lowercase', targetLabel: '${3}' }, 'no name of a label'],
    [{ targetLabel: '0${3}' }, 'no name of a label'],
    [{ targetLabel: '-${3}' }, 'no name of a label'],
    [{ action: 'hashmod', targetLabel: 'a' }, 'needs modulus'],
    [{ action: 'hashmod', targetLabel: 'a', modulus: 0 }, 'above zero'],
    [{ action: 'uppercase', targetLabel: 'a', replacement: 'x' }, 'takes no replacement'],
    [{ action: 'keepequal', targetLabel: 'a', regex: 'x' }, 'alone'],
    [{ action: 'labeldrop', sourceLabels: ['a'] }, 'regex alone'],
    [{ action: 'labelmap', replacement: '-$1' }, 'no name of a label'],
    [{ action: 'keep', regex: '(' }, 'no regular expression'],
    [{ action: 'keep', regex: '(?=a)' }, 'no regular expression'],
  ])('refuses %j, as Prometheus does', (rule, why) => {
    expect(() => compileRelabel([rule])).toThrow(why);
  });
});

describe('the hash', () => {
  it('is the one of Prometheus, line ends included', () => {
    expect([hashMod('baz', 1000), hashMod('foo\nbar', 1000)]).toEqual([976, 734]);
  });
});
