// Entry of the thread in which Graphviz as WebAssembly lays out a graph: one text in DOT, one picture. A thread, because a
// layout cannot be asked to end.
import { parentPort, workerData } from 'node:worker_threads';
import { Graphviz } from '@hpcc-js/wasm-graphviz';

const port = parentPort;
if (!port) throw new Error('layout-worker runs only as a worker thread');

const graphviz = await Graphviz.load();
port.postMessage(graphviz.dot(workerData as string, 'svg'));
