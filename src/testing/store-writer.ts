// A process with a durable store, to be killed by tests. argv: mode, data folder.
//   hold    opens the store and keeps it until its standard input ends
//   write   writes batches of gauges, profiles and events for ever and prints each once it is acknowledged
// Prints one JSON object a line; ends with 3 and the error when it cannot open the store.
import { PlimsollError } from '../base/errors.ts';
import { openStore } from '../store/open.ts';
import type { OpenedStore } from '../store/opened-store.ts';
import { BATCH_ROWS, batchBytes, batchRows, profileRecord } from './store-batches.ts';

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function writeForEver(store: OpenedStore, life: string): Promise<void> {
  for (let batch = 0; ; batch++) {
    const key = `${life}/${batch}`;
    const bytes = batchBytes(batch);
    await Promise.all([
      store.saveGauges(key, batchRows()),
      store.saveEvents([{ target: key, atMillis: 1, kind: 'batch', text: String(batch) }]),
      store
        .saveProfile(profileRecord(key, bytes), bytes)
        .then((record) => say({ profile: record.id, key, batch })),
    ]);
    say({ acknowledged: batch, key, rows: BATCH_ROWS });
  }
}

const [mode, dataDir] = process.argv.slice(2);
try {
  const store = await openStore({ kind: 'chdb', dataDir: dataDir ?? '' });
  say({ opened: process.pid, engine: store.describe().enginePid });
  if (mode === 'write') await writeForEver(store, `life-${process.pid}`);
  process.stdin.on('end', () => {
    void store.close().then(() => say({ closed: process.pid }));
  });
  process.stdin.resume();
} catch (error) {
  const code = error instanceof PlimsollError ? error.code : 'UNEXPECTED';
  say({ code, message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 3;
}
