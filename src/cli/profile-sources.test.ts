// Expected addresses and times are those of adjustURL in Go's cmd/pprof.
import { describe, expect, it } from 'vitest';
import { profileUrl } from './profile-sources.ts';

const read = (source: string, seconds = -1, timeoutSeconds = -1): string => {
  const request = profileUrl(source, { seconds, timeoutSeconds });
  if (request === null) return 'no URL';
  const trust = request.isUnverified ? ', trusts anybody' : '';
  return `${request.url} within ${request.timeoutSeconds} s${trust}`;
};

describe('a source that is no file', () => {
  it.each([
    ['http://h:6060/debug/pprof/heap', 'http://h:6060/debug/pprof/heap within 60 s'],
    ['h:6060', 'http://h:6060/debug/pprof/profile within 60 s'],
    ['h:6060/debug/pprof/heap', 'http://h:6060/debug/pprof/heap within 60 s'],
    ['https://h/', 'https://h/debug/pprof/profile within 60 s'],
    ['https+insecure://h/x', 'https://h/x within 60 s, trusts anybody'],
    ['HTTPS+INSECURE://h/x', 'https://h/x within 60 s, trusts anybody'],
    ['http://h/p?seconds=20', 'http://h/p?seconds=20 within 30 s'],
    ['http://h/p?seconds=soon', 'http://h/p?seconds=soon within 60 s'],
    ['heap.pb.gz', 'no URL'],
    ['a/b:80/c', 'no URL'],
    ['ftp://h/x', 'no URL'],
  ])('%s is %s', (source, expected) => expect(read(source)).toBe(expected));

  it('is asked to collect for -seconds, with half as long again to answer', () => {
    expect(read('http://h/p?debug=0&seconds=5', 10)).toBe('http://h/p?debug=0&seconds=10 within 15 s');
  });

  it('may take -timeout, whatever it collects', () => {
    expect(read('http://h/p', 10, 2)).toBe('http://h/p?seconds=10 within 2 s');
    expect(read('http://h/p', -1, 0)).toBe('http://h/p within 60 s');
  });
});
