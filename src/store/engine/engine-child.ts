// The engine's own process: chDB behind a small HTTP front on loopback. Started by engine.ts with an IPC channel;
// argv: the folder of the data.
//
// It must never outlive the process that started it, whatever becomes of that one: the kernel closes the channel,
// and this process then ends without ado. Nothing is lost: what was acknowledged is on disk.
import { randomBytes } from 'node:crypto';
import { HttpFront, type ChdbSession } from './http-front.ts';
import type { EngineMessage } from './messages.ts';

/**
 * Small caches: the tables are small and the page cache serves them. Few threads for what happens in the
 * background, of which a big server has hundreds.
 */
const ENGINE_ARGUMENTS = [
  '--mark_cache_size=16777216',
  '--primary_index_cache_size=16777216',
  '--index_mark_cache_size=4194304',
  '--uncompressed_cache_size=0',
  '--max_server_memory_usage=1073741824',
  '--max_parts_cleaning_thread_pool_size=2',
  '--max_outdated_parts_loading_thread_pool_size=2',
  '--max_io_thread_pool_size=4',
];

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole group of processes; the one that started this one decides when the engine stops.
process.on('SIGINT', () => undefined);

function tell(message: EngineMessage): void {
  process.send?.(message);
}

async function main(dir: string): Promise<void> {
  let chdb: {
    Session: new (path: string, options: { connectionArgs: readonly string[] }) => unknown;
  };
  try {
    chdb = await import('chdb');
  } catch (error) {
    tell({ kind: 'missing', reason: messageOf(error) });
    return;
  }
  let session: ChdbSession;
  try {
    session = new chdb.Session(dir, { connectionArgs: ENGINE_ARGUMENTS }) as ChdbSession;
  } catch (error) {
    tell({ kind: 'failed', reason: messageOf(error) });
    return;
  }
  const password = randomBytes(24).toString('base64url');
  const front = new HttpFront(session, password);
  const port = await front.listen();
  process.once('SIGTERM', () => {
    void front.close().finally(() => {
      session.close();
      process.exit(0);
    });
  });
  const answer = await session.queryAsync('SELECT version()', { format: 'TabSeparatedRaw' });
  tell({ kind: 'ready', port, password, version: Buffer.from(answer.bytes()).toString('utf8').trim() });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const dir = process.argv[2];
if (dir === undefined || !process.connected) process.exit(2);
main(dir).catch((error: unknown) => {
  tell({ kind: 'failed', reason: messageOf(error) });
  process.exitCode = 1;
});
