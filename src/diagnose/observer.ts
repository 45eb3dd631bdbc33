// What watching itself allocates: benign by nature, in every process that serves profiles and metrics.
import type { StackPath } from './stack-path.ts';

/** Pattern of a function name, and why growth below it says nothing about the service. */
export const OBSERVER_FUNCTIONS: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^net\/http\/pprof\./, why: 'buffers of the profile that was being written' },
  { pattern: /^runtime\/pprof\./, why: 'buffers of the profile that was being written' },
  { pattern: /^expvar\./, why: 'buffers of an answer to /debug/vars' },
  {
    pattern: /prometheus\/promhttp\.HandlerFor/,
    why: 'buffers of a scrape, pooled by the metrics handler and as large as its answer',
  },
  { pattern: /prometheus\/common\/expfmt\./, why: 'buffers of a scrape' },
  {
    pattern: /client_golang\/prometheus\.\(\*Registry\)\.Gather/,
    why: 'values gathered for a scrape, garbage after it',
  },
];

/**
 * Does this stack only serve an observer? Application code that an observer calls (a collector of the service's own)
 * answers for itself.
 */
export function servesObserver(path: StackPath): boolean {
  const at = path.frames.findIndex((frame) =>
    OBSERVER_FUNCTIONS.some(({ pattern }) => pattern.test(frame.function)),
  );
  if (at < 0) return false;
  if (path.kind !== 'application') return true;
  const innermost = path.owners.findLast((owner) => path.applicationFrames.has(owner));
  return innermost === undefined || path.frames.indexOf(innermost) > at;
}
