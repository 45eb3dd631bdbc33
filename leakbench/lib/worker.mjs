// A thread that takes one task after the other.
import { parentPort } from 'node:worker_threads';
import { runTask } from './task.mjs';

parentPort?.on('message', async ({ index, task }) => {
  parentPort?.postMessage({ index, judged: await runTask(task) });
});
