import { describe, expect, it } from 'vitest';
import type { PushedProfile } from '../model/raw-evidence.ts';
import { classifyMember, normaliseMemberPath, profileExtension } from './member-names.ts';

describe('classifyMember', () => {
  it.each([
    ['recording.json', 'manifest'],
    ['gctrace.log', 'gctrace'],
    ['events.jsonl', 'events'],
    ['scrapes/1790000000000.prom', 'metrics 1790000000000'],
    ['vars/17.json', 'vars 17'],
    ['proc/17.json', 'proc 17'],
    ['native/17.folded', 'native'],
    ['profiles/17.heap.pb.gz', 'profile 17 heap proto'],
    ['profiles/17.goroutine.txt', 'profile 17 goroutine text'],
    ['profiles/17.native.pb.gz', 'profile 17 native proto'],
    ['source/example.com/a/b.go', 'source example.com/a/b.go'],
    ['profiles/17.heap.svg', 'unknown'],
    ['profiles/17.flow.pb.gz', 'unknown'],
    ['scrapes/17.json', 'unknown'],
    ['scrapes/-1.prom', 'unknown'],
    ['scrapes/1.5.prom', 'unknown'],
    ['scrapes/99999999999999999.prom', 'unknown'],
    ['scrapes/a/17.prom', 'unknown'],
    ['source/', 'unknown'],
    ['notes.txt', 'unknown'],
  ])('takes %s for %s', (path, expected) => {
    const member = classifyMember(path);
    expect(member === null ? 'unknown' : Object.values(member).join(' ')).toBe(expected);
  });
});

describe('the name of a profile that was pushed', () => {
  const whole: PushedProfile = {
    ...{ allocations: 'since-last', fromMillis: 1790000000000, untilMillis: 1790000015000, isKept: true },
  };
  const bare: PushedProfile = {
    ...{ allocations: 'since-start', fromMillis: null, untilMillis: null, isKept: false },
  };
  it.each([
    ['heap.push_last_1790000000000_1790000015000_kept.pb.gz', whole],
    ['heap.push_start___told.pb.gz', bare],
  ])('%s says what its sender said', (extension, pushed) => {
    expect(profileExtension('heap', 'proto', pushed)).toBe(extension);
    expect(classifyMember(`profiles/17.${extension}`)).toEqual({
      ...{ kind: 'profile', recordedMillis: 17, profile: 'heap', form: 'proto', pushed },
    });
  });

  it.each(['heap.push.pb.gz', 'heap.push_last_1_2.pb.gz', 'heap.push_last_a_2_kept.pb.gz'])(
    'is not made up of %s',
    (extension) => {
      expect(classifyMember(`profiles/17.${extension}`)).toBeNull();
    },
  );
});

describe('normaliseMemberPath', () => {
  it.each([
    ['./recording.json', 'recording.json'],
    ['.//a/./b', 'a/b'],
    ['a/../b', null],
    ['../b', null],
    ['/etc/passwd', null],
    ['a\\b', null],
    ['./', null],
  ])('makes of %j: %j', (name, expected) => {
    expect(normaliseMemberPath(name)).toBe(expected);
  });
});
