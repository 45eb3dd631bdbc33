// Entry of the decoding worker thread.
import { parentPort } from 'node:worker_threads';
import { PlimsollError, describeError } from '../base/errors.ts';
import { decodeReceivedProfile } from './decode-bytes.ts';
import { listBuffers, packTable, type DecodeReply, type DecodeRequest } from './decode-messages.ts';

const port = parentPort;
if (!port) throw new Error('decode-worker runs only as a worker thread');

port.on('message', (request: DecodeRequest) => {
  const reply = answer(request);
  port.postMessage(reply, [...listBuffers(reply)]);
});

function answer({ id, bytes, maxBytes }: DecodeRequest): DecodeReply {
  try {
    const decoded = decodeReceivedProfile(bytes, maxBytes);
    if (decoded.form === 'goroutine-dump') return { id, kind: 'dump', dump: packTable(decoded.dump) };
    const memStatsOffset = decoded.form === 'heap-text' ? decoded.memStatsOffset : null;
    return { id, kind: 'ok', form: decoded.form, profile: packTable(decoded.profile), memStatsOffset };
  } catch (error) {
    const message = describeError(error);
    if (!(error instanceof PlimsollError)) return { id, kind: 'failed', error: null, message };
    const { code, stage, place } = error;
    return { id, kind: 'failed', error: { code, stage, place, fact: error.fact }, message };
  }
}
