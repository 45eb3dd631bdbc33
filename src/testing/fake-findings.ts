// Findings drawn by hand: a goroutine leak, a heap leak, growth that load explains.
import { GIB, HOUR_MILLIS, MIB, type Millis } from '../base/units.ts';
import type { Finding } from '../model/finding.ts';

export const HUB_FINGERPRINT = '5f2c9a0be1d34477';
export const CACHE_FINGERPRINT = 'b81e07c46f9d2a10';
export const OLD_FINGERPRINT = '0c44d1a7e2b95f63';
export const LOAD_FINGERPRINT = 'e90b6a2f71c83d05';

export const SOURCE_TEXT = `// Subscribe starts forwarding events to the caller until the hub is closed.
func (h *Hub) Subscribe(ctx context.Context, topic string) <-chan Event {
	events := make(chan Event)
	h.mu.Lock()
	h.subs[topic] = append(h.subs[topic], events)
	h.mu.Unlock()

	out := make(chan Event)
	go func() {
		for event := range events {
			out <- event // nobody reads once ctx is done
		}
	}()
	return out
}`;

export function hubFinding(now: Millis): Finding {
  return {
    verdict: 'leak',
    class: 'goroutine',
    fingerprint: HUB_FINGERPRINT,
    detectedAt: now - 3 * HOUR_MILLIS,
    onsetAt: now - 7 * HOUR_MILLIS,
    growth: { unit: 'bytes', perHour: 31 * MIB, low: 29 * MIB, high: 34 * MIB, confidence: 0.95 },
    counts: { unit: 'goroutines', perHour: 3870, low: 3810, high: 3930, confidence: 0.95 },
    heldBytes: 217 * MIB,
    timeToExhaustion: {
      resource: 'memory-limit',
      at: now + 3.7 * HOUR_MILLIS,
      low: now + 3.3 * HOUR_MILLIS,
      high: now + 4.2 * HOUR_MILLIS,
      confidence: 0.8,
      limit: 512 * MIB,
    },
    culprits: [
      {
        role: 'creates',
        function: 'github.com/acme/orders/sub.(*Hub).Subscribe',
        file: 'sub/hub.go',
        profileFile: '/home/ci/orders/sub/hub.go',
        line: 41,
        share: 0.93,
        low: 0.9,
        high: 0.96,
        path: [
          'net/http.(*conn).serve',
          'github.com/acme/orders/http.(*Server).handleStream',
          'github.com/acme/orders/sub.(*Hub).Subscribe',
        ],
      },
      {
        role: 'blocks',
        function: 'github.com/acme/orders/sub.(*Hub).Subscribe.func1',
        file: 'sub/hub.go',
        line: 43,
        share: 0.93,
        low: 0.9,
        high: 0.96,
      },
    ],
    pattern: 'goroutine-blocked-on-send',
    evidence: [
      {
        question: 'Does the number of goroutines grow without bound?',
        hypothesis: 'Each request leaves one goroutine behind.',
        prediction: 'Growth in proportion to time or work, above what a filling cache explains.',
        test: 'Growth model against the best bounded one, blocked differences',
        numbers: { z: 31.2, 'z needed': 5, 'evidence ratio': 412, blocks: 56, window: '7 h' },
        outcome: 'supports',
      },
      {
        question: 'Do the same goroutines stay where they are?',
        prediction: 'The group only grows, and its oldest member gets older.',
        test: 'Group counts of 9 goroutine profiles',
        numbers: { first: 812, last: 27_884, 'shrank between': 0, 'longest wait min': 402 },
        outcome: 'supports',
      },
      {
        question: 'Does it fall back when the load does?',
        prediction: 'Under load, counts follow requests per second down again.',
        test: 'Level of the last quiet hour against the one before',
        numbers: {
          'requests before': 41.2,
          'requests after': 11.8,
          'goroutines before': 19_400,
          'goroutines after': 23_270,
        },
        outcome: 'contradicts',
      },
      {
        question: 'Can the runtime prove that they never wake up?',
        prediction: 'goroutineleak profile lists them.',
        test: 'goroutineleak profile',
        numbers: { available: 'no (Go 1.24)' },
        outcome: 'open',
      },
    ],
    ruledOut: [
      { explanation: 'load-driven', why: 'requests fell by 71 % and goroutines went on rising' },
      { explanation: 'filling-to-bound', why: 'no bound below 4 GiB fits the last 7 hours' },
    ],
    fix: {
      text: 'Select on ctx.Done() beside the send, and remove the subscription when the caller is gone.',
      file: 'sub/hub.go',
      line: 43,
    },
    summary:
      'sub.(*Hub).Subscribe starts goroutines that never end: 31 MiB/h [29 MiB/h, 34 MiB/h], blocked on a send at sub/hub.go:43.',
  };
}

export function cacheFinding(now: Millis): Finding {
  return {
    ...hubFinding(now),
    class: 'heap',
    fingerprint: CACHE_FINGERPRINT,
    detectedAt: now - 26 * HOUR_MILLIS,
    onsetAt: now - 50 * HOUR_MILLIS,
    growth: { unit: 'bytes', perHour: 4.2 * MIB, low: 3.6 * MIB, high: 4.9 * MIB, confidence: 0.95 },
    counts: null,
    heldBytes: 203 * MIB,
    timeToExhaustion: {
      resource: 'memory-limit',
      at: now + 9 * 24 * HOUR_MILLIS,
      low: now + 7.6 * 24 * HOUR_MILLIS,
      high: null,
      confidence: 0.8,
      limit: 2 * GIB,
    },
    culprits: [
      {
        role: 'allocates',
        function: 'github.com/acme/billing/session.(*Store).Put',
        file: 'session/store.go',
        line: 88,
        share: 0.81,
        low: 0.74,
        high: 0.87,
      },
      {
        role: 'holds',
        function: 'github.com/acme/billing/session.(*Store).byToken',
        file: 'session/store.go',
        line: 21,
        share: null,
        low: null,
        high: null,
      },
    ],
    pattern: 'map-without-eviction',
    fix: null,
    summary:
      'session.(*Store).Put keeps entries in a map that nothing deletes from: 4.2 MiB/h [3.6 MiB/h, 4.9 MiB/h].',
  };
}

/** Explained by load: stands in a report, is no incident. */
export function loadFinding(now: Millis): Finding {
  return {
    ...hubFinding(now),
    verdict: 'load-driven',
    class: 'heap',
    fingerprint: LOAD_FINGERPRINT,
    detectedAt: null,
    growth: { unit: 'bytes', perHour: 6 * MIB, low: 2 * MIB, high: 10 * MIB, confidence: 0.95 },
    counts: null,
    timeToExhaustion: null,
    culprits: [],
    pattern: null,
    fix: null,
    ruledOut: [],
    summary: 'Live memory follows requests per second: 1.3 MiB for each, up and down.',
  };
}
