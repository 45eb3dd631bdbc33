// What a goroutine waits for, read from its stack: the protobuf form of a profile does not say it in words.
import type { Frame } from './snapshot.ts';

/** Why a goroutine does not run, in the runtime's own words (goroutine dumps spell them so). */
export type WaitReason =
  | 'chan send'
  | 'chan receive'
  | 'select'
  | 'select (no cases)'
  | 'sync.Mutex.Lock'
  | 'sync.RWMutex.Lock'
  | 'sync.WaitGroup.Wait'
  | 'sync.Cond.Wait'
  | 'semacquire'
  | 'IO wait'
  | 'sleep'
  | 'cgo call'
  | 'syscall'
  | 'running';

/** Leaf functions of the runtime and what a goroutine that stands in them waits for; the first that matches. */
const WAITS: readonly (readonly [RegExp, WaitReason])[] = [
  [/^runtime\.chansend1?$/, 'chan send'],
  [/^runtime\.chanrecv[12]?$/, 'chan receive'],
  [/^runtime\.selectgo$/, 'select'],
  [/^runtime\.block$/, 'select (no cases)'],
  [/^runtime\.(netpollblock|poll_runtime_pollWait)$|^internal\/poll\.runtime_pollWait$/, 'IO wait'],
  [/^runtime\.timeSleep$|^time\.Sleep$/, 'sleep'],
  [/^runtime\.cgocall$/, 'cgo call'],
  [/^sync\.\(\*RWMutex\)\./, 'sync.RWMutex.Lock'],
  [/^(internal\/)?sync\.\(\*Mutex\)\./, 'sync.Mutex.Lock'],
  [/^sync\.\(\*WaitGroup\)\.Wait$/, 'sync.WaitGroup.Wait'],
  [/^sync\.(\(\*Cond\)\.Wait|runtime_notifyListWait)$/, 'sync.Cond.Wait'],
  [/^(internal\/runtime\/)?syscall\.|^internal\/runtime\/syscall\./, 'syscall'],
];

/** Frames looked at from the leaf: reasons stand above the wait itself, never deep in the caller. */
const WAIT_FRAMES = 8;

/** The wait reason, from the runtime's own frames (the protobuf form does not carry the text). */
export function readWaitReason(frames: readonly Frame[]): WaitReason {
  let isSemaphore = false;
  for (const frame of frames.slice(0, WAIT_FRAMES)) {
    for (const [pattern, reason] of WAITS) if (pattern.test(frame.function)) return reason;
    if (/semacquire|Semacquire/.test(frame.function)) isSemaphore = true;
    else if (!/^(runtime|internal\/runtime)[./]/.test(frame.function) && !isSemaphore) break;
    else if (isSemaphore && !/^(runtime|sync|internal)[./]/.test(frame.function)) break;
  }
  return isSemaphore ? 'semacquire' : 'running';
}
