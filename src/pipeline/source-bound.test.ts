// A leak in code that looks bounded: what the sources say decides whether it waits for the bound.
import { expect, it } from 'vitest';
import { HOUR_MILLIS, KIB, MIB, type Bytes, type Millis } from '../base/units.ts';
import type { RawEvidence } from '../model/raw-evidence.ts';
import { encodeProfile } from '../pprof/encode-proto.ts';
import type { Recording } from '../recording/read-recording.ts';
import { drawProfile } from '../testing/drawn-profile.ts';
import { drawRecording, drawScrapes } from '../testing/drawn-recording.ts';
import { DRAWN_START_MILLIS } from '../testing/series-from-text.ts';
import { replayRecordings } from './replay.ts';

const MODULE = 'example.com/shop';
const HOURS = 6;

/** `%` is the place of what put() does with the size after it has added. */
const SOURCE = `package cache

import (
	"container/list"
	"sync"
)

type Table struct {
	mu   sync.Mutex
	most int
	uses *list.List
}

func (t *Table) Put(size int) {
	entry := make([]byte, size)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.uses.PushFront(entry)
	%
}
`;
const BOUND = 'for t.uses.Len() > t.most { t.uses.Remove(t.uses.Back()) }';

/** 12 MiB/h through Table.Put, with an element of a list for each entry. */
function drawEvidence(entryBytes: Bytes): RawEvidence[] {
  const metrics = drawScrapes(
    `every 2m for ${HOURS}h seed 3\nload 3000 noise 150\nfloor 64M +12M/h noise 300k`,
  );
  const profiles = Array.from({ length: 6 * HOURS }, (_, i): RawEvidence => {
    const atMillis = DRAWN_START_MILLIS + (i + 1) * (HOUR_MILLIS / 6) + 1000;
    return { kind: 'profile', profile: 'heap', atMillis, form: 'proto', bytes: drawHeap(i + 1, entryBytes) };
  });
  return [...metrics, ...profiles].sort((a, b) => a.atMillis - b.atMillis);
}

/**
 * After so many times ten minutes.
 *
 * @param entryBytes of one entry; the elements of the list beside large ones are too few and small to be sampled.
 */
function drawHeap(tens: number, entryBytes: Bytes): Uint8Array {
  const put = `main.main@main.go:9 > ${MODULE}/cache.(*Table).Put@${MODULE}/cache/table.go`;
  const bytes = 2 * MIB * tens;
  const entries = bytes / entryBytes;
  const elements = `
      ${put}:18 > container/list.(*List).PushFront@list.go:150 = ${entries} ${entries * 48} ${entries} ${entries * 48} bytes:48`;
  return encodeProfile(
    drawProfile(`
      types alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes
      period space/bytes 524288
      ${put}:15 = ${entries} ${bytes} ${entries} ${bytes} bytes:${entryBytes}${entryBytes < KIB ? elements : ''}
    `),
  );
}

function drawShop(source: string | null, entryBytes: Bytes = 256): Recording {
  return drawRecording(drawEvidence(entryBytes), {
    manifest: { service: 'shop', instance: '127.0.0.1:1', module: MODULE },
    sources: source === null ? {} : { [`${MODULE}/cache/table.go`]: source },
  });
}

/** Hours until the leak was raised; null = never. */
async function detect(source: string | null, entryBytes?: Bytes): Promise<number | null> {
  const { report } = await replayRecordings([drawShop(source, entryBytes)]);
  const at: Millis | undefined = report.alarms[0]?.at;
  return at === undefined ? null : (at - DRAWN_START_MILLIS) / HOUR_MILLIS;
}

it('is raised early where the sources show that nothing takes entries away, and waits where they do not', async () => {
  const unbounded = SOURCE.replace('%', 'return');
  expect(await detect(null)).toBeNull();
  expect(await detect(SOURCE.replace('%', BOUND))).toBeNull();
  expect(await detect(unbounded)).toBeLessThan(4);
});

it('waits for a bound that the sources alone show, where its list is too small beside the entries to be sampled', async () => {
  const large = 4 * KIB;
  expect(await detect(null, large)).toBeLessThan(4);
  expect(await detect(SOURCE.replace('%', 'return'), large)).toBeLessThan(4);
  expect(await detect(SOURCE.replace('%', BOUND), large)).toBeNull();
});

it('says the same each time it is replayed', async () => {
  const once = async () =>
    JSON.stringify((await replayRecordings([drawShop(SOURCE.replace('%', 'return'))])).report);
  expect(await once()).toBe(await once());
});
