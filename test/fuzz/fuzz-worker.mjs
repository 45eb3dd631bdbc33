// Runs cases of the fuzzer one by one and says which it is at, so that its parent knows what to keep when it hangs or dies.
import { parentPort, workerData } from 'node:worker_threads';
import { loadExercise } from './exercise.mjs';
import { mutantOf } from './mutate.mjs';

/** One case in so many is drawn, too: that takes as long as all the others. */
const CASES_A_PICTURE = 50;

const { dist, inputs, seed, progress } = workerData;
const exercise = await loadExercise(dist);
const at = new Int32Array(progress);
for (let number = workerData.from; ; number++) {
  const bytes = mutantOf(inputs, seed, number);
  const withPicture = number % CASES_A_PICTURE === 0;
  Atomics.store(at, 0, number);
  try {
    Atomics.add(at, (await exercise(bytes, { withPicture })) === 'read' ? 1 : 2, 1);
  } catch (error) {
    parentPort?.postMessage({
      number,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    break;
  }
}
