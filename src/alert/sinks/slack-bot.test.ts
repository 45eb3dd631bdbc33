// The picture that a bot adds: what Slack is asked, and that nothing about it can keep the message back.
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { afterEach, describe, expect, it } from 'vitest';
import { drawCurve, drawNotice } from '../../testing/drawn-alert.ts';
import { serveVendor, type VendorAnswer, type VendorServer } from '../../testing/vendor-server.ts';
import { makeSlackBotSink } from './slack-bot.ts';

const schema = JSON.parse(
  readFileSync(new URL('schemas/slack-file.schema.json', import.meta.url), 'utf8'),
) as object;
const isFileCall = new Ajv({ strict: false }).compile(schema);

let server: VendorServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

const POSTED = { ok: true, channel: 'C0NF841BK', ts: '1524523204.000192' };

/** Slack, some of whose calls are answered otherwise. */
async function send(notice = drawNotice({ curve: drawCurve() }), over: Record<string, VendorAnswer> = {}) {
  const slack = await serveVendor(({ path }) => {
    if (over[path]) return over[path];
    if (path === '/chat.postMessage') return { body: POSTED };
    if (path === '/files.getUploadURLExternal')
      return { body: { ok: true, upload_url: `${slack.url}/upload/v1/ABC`, file_id: 'F123ABC456' } };
    return { body: path.startsWith('/upload') ? 'OK - 1234' : { ok: true, files: [{ id: 'F123ABC456' }] } };
  });
  server = slack;
  const via = { kind: 'slackBot', token: 'xoxb-secret', channel: '#leaks', api: slack.url } as const;
  const result = await makeSlackBotSink(via).send(notice, new AbortController().signal);
  return { result, asked: slack.asked, paths: slack.asked.map(({ path }) => path) };
}

describe('the picture of the Slack bot', () => {
  it('is uploaded and shared in the thread of the message, as the documentation has it', async () => {
    const { result, asked, paths } = await send();
    expect(result).toEqual({ kind: 'sent' });
    expect(paths).toEqual([
      '/chat.postMessage',
      '/files.getUploadURLExternal',
      '/upload/v1/ABC',
      '/files.completeUploadExternal',
    ]);
    const [, place, upload, share] = asked;
    for (const call of [place, share])
      expect(isFileCall(call?.body), JSON.stringify(isFileCall.errors)).toBe(true);
    const bytes = upload?.body as Buffer;
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(place?.body).toMatchObject({
      filename: 'waterline.png',
      length: String(bytes.length),
      alt_txt: 'live heap: from 20 MiB to 200 MiB in 9 h',
    });
    expect(share?.body).toMatchObject({ channel_id: POSTED.channel, thread_ts: POSTED.ts });
  });

  it('is fetched an address for with the token, which does not go along with the bytes', async () => {
    const { asked } = await send();
    expect(asked.map(({ headers }) => headers.authorization ?? 'none')).toEqual([
      'Bearer xoxb-secret',
      'Bearer xoxb-secret',
      'none',
      'Bearer xoxb-secret',
    ]);
  });

  it('is left out where it fails at any step, and the message counts as sent all the same', async () => {
    const refused = { body: { ok: false, error: 'missing_scope' } };
    for (const [path, answer] of Object.entries({
      '/files.getUploadURLExternal': refused,
      '/upload/v1/ABC': { status: 500 },
      '/files.completeUploadExternal': refused,
    })) {
      const { result, paths } = await send(undefined, { [path]: answer });
      expect([result.kind, paths.at(-1)]).toEqual(['sent', path]);
      await server?.close();
    }
  });

  it('is not tried for a message that was refused, nor where there is no curve', async () => {
    const refused = { '/chat.postMessage': { body: { ok: false, error: 'channel_not_found' } } };
    expect((await send(undefined, refused)).paths).toEqual(['/chat.postMessage']);
    await server?.close();
    expect((await send(drawNotice())).paths).toEqual(['/chat.postMessage']);
  });
});
