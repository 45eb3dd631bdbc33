// Entry of the source worker thread: one request, one reply.
import { parentPort, workerData } from 'node:worker_threads';
import { answerQuestions, type SourceRequest } from './source-question.ts';

const port = parentPort;
if (!port) throw new Error('source-worker runs only as a worker thread');

port.postMessage(await answerQuestions(workerData as SourceRequest));
