import { describe, expect, it } from 'vitest';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { findLenders } from './lenders.ts';
import { readProfiles } from './profile-evidence.ts';

const LIB = '@/go/pkg/mod/github.com/acme/lib@v1.2.3/lib.go';
const CONNECTIONS = `goroutines
  net/http.(*persistConn).readLoop > runtime.selectgo > runtime.gopark  | ${ramp(12, 20)}
  net/http.(*persistConn).writeLoop > runtime.selectgo > runtime.gopark | ${ramp(12, 20)}`;
/** 220 connections; an object of 16 KiB is sampled with 3 %, so one each are six or seven samples. */
const ONE_EACH = '0 1 1 2 2 3 4 4 5 6 6 7';
const REQUEST = 'net/http.(*Client).Get > net/http.(*Client).do > net/http.send';
const DEAD = '0 0 0 0 0 0 0 0 0 0 0 0 | 0 0 0 0 0 0 0 0 0 0 0 1';

function lend(drawing: string): {
  names: string[];
  first: ReturnType<typeof findLenders>[number] | undefined;
} {
  const profiles = readProfiles(drawSnapshots(drawing), null, 0, true);
  const lenders = findLenders(profiles.clusters[0] ?? [], profiles);
  return { names: lenders.map(({ frame }) => frame.function), first: lenders[0] };
}

describe('findLenders', () => {
  it('names the caller of the HTTP client that keeps one object for each connection', () => {
    const { names, first } = lend(`heap
      main.main > stock.(*Client).Level > stock.newLog | 16384 | ${ONE_EACH}
      main.main > stock.(*Client).Level > ${REQUEST} | 112 | ${DEAD}
      ${CONNECTIONS}`);
    expect(names).toEqual(['stock.(*Client).Level']);
    expect(first?.samples).toBe(6);
    expect(first?.objectsEach.low).toBeLessThan(1);
    expect(first?.objectsEach.high).toBeGreaterThan(1);
  });

  it('takes a goroutine that was caught in a request for proof that its code makes them', () => {
    const { names } = lend(`heap
      main.main > stock.(*Client).Level > stock.newLog | 16384 | ${ONE_EACH}
      ${CONNECTIONS}
      main.main > stock.(*Client).Level > ${REQUEST} > runtime.selectgo > runtime.gopark | 0 0 0 0 1 0 0 0 0 0 0 0`);
    expect(names).toEqual(['stock.(*Client).Level']);
  });

  it('is not lent by code that grows in step but was never seen to make a request', () => {
    expect(
      lend(`heap
        main.main > pages.(*Cache).Render | 16384 | ${ONE_EACH}
        ${CONNECTIONS}`).names,
    ).toEqual([]);
  });

  it('is not lent by a caller that keeps hundreds of objects for each connection: that is another leak', () => {
    expect(
      lend(`heap
        main.main > mail.deliver > time.NewTicker | 112 | 0 2 4 6 8 10 12 14 16 18 20 22
        main.main > mail.deliver > ${REQUEST} | 112 | ${DEAD}
        ${CONNECTIONS}`).names,
    ).toEqual([]);
  });

  it('is not lent by a caller whose growth was over when the connections came', () => {
    const early = '0 15 30 40 40 40 40 40 40 40 40 40';
    const late = '0 0 0 0 30 60 90 120 150 180 200 220';
    expect(
      lend(`heap
        main.main > feeds.(*Client).Fetch > feeds.newLog | 65536 | ${early}
        main.main > feeds.(*Client).Fetch > ${REQUEST} | 112 | ${DEAD}
        goroutines
        net/http.(*persistConn).readLoop > runtime.selectgo > runtime.gopark | ${late}`).names,
    ).toEqual([]);
  });

  it("names the caller of a library's constructor for the library's goroutines", () => {
    const { names } = lend(`heap
      main.main > quotes/desk.partials > github.com/acme/lib.NewCache${LIB} | 16384 | ${ONE_EACH}
      goroutines
      github.com/acme/lib.(*Cache).expire${LIB} > runtime.selectgo > runtime.gopark | ${ramp(12, 20)}`);
    expect(names).toEqual(['quotes/desk.partials']);
  });

  it('says nothing of goroutines that run the code of the service, or serve its requests', () => {
    const heap = `heap
      main.main > stock.(*Client).Level > stock.newLog | 16384 | ${ONE_EACH}
      main.main > stock.(*Client).Level > ${REQUEST} | 112 | ${DEAD}
      goroutines`;
    expect(
      lend(`${heap}\n stock.(*Client).poll > runtime.chanrecv > runtime.gopark | ${ramp(12, 20)}`).names,
    ).toEqual([]);
    expect(
      lend(
        `${heap}\n net/http.(*conn).serve > internal/poll.runtime_pollWait > runtime.gopark | ${ramp(12, 20)}`,
      ).names,
    ).toEqual([]);
  });
});
