// Slack, by a bot: the message, and below it in its thread the waterline as a picture.
// https://docs.slack.dev/reference/methods/chat.postMessage, .../files.getUploadURLExternal, .../files.completeUploadExternal
//
// In the thread and not in a block: a file that was just uploaded is not ready for blocks yet (`invalid_blocks`), and a message must
// neither wait for its picture nor be refused because of it.
import type { Curve, Notice } from '../../model/alert.ts';
import type { SinkVia } from '../../model/sink.ts';
import { describeCurve, drawWaterline } from '../picture/draw-waterline.ts';
import { encodePng } from '../picture/encode-png.ts';
import { judge, request, type JsonRequest } from '../post-json.ts';
import { failed, SENT, type Failed, type Sink } from '../sink.ts';
import { toSlackMessage } from './slack.ts';

type BotVia = Extract<SinkVia, { kind: 'slackBot' }>;

/** What Slack says of the message; all else (a token, a channel, its own trouble) may be mended. */
const MESSAGE_REFUSED = [
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_arguments',
  'msg_too_long',
  'no_text',
];

type Answer = Readonly<Record<string, unknown>>;
type Said = { readonly kind: 'said'; readonly answer: Answer } | Failed;

export function makeSlackBotSink(via: BotVia): Sink {
  return {
    async send(notice, signal) {
      const said = await call(
        via,
        'chat.postMessage',
        { channel: via.channel, ...toSlackMessage(notice) },
        signal,
      );
      if (said.kind === 'failed') return said;
      // It is told; a picture that fails changes nothing about that.
      if (notice.curve) await addPicture(via, notice, notice.curve, said.answer, signal);
      return SENT;
    },
  };
}

async function addPicture(
  via: BotVia,
  notice: Notice,
  curve: Curve,
  posted: Answer,
  signal: AbortSignal,
): Promise<void> {
  const image = drawWaterline(curve);
  const { channel, ts } = posted;
  if (image === null || typeof channel !== 'string' || typeof ts !== 'string') return;
  const body = encodePng(image);
  const form = { filename: 'waterline.png', length: String(body.length), alt_txt: describeCurve(curve) };
  const place = await call(via, 'files.getUploadURLExternal', new URLSearchParams(form), signal);
  if (place.kind === 'failed') return;
  const { upload_url: url, file_id: id } = place.answer;
  if (typeof url !== 'string' || typeof id !== 'string') return;
  const uploaded = await request({ url, body, headers: { 'content-type': 'image/png' } }, signal);
  if (judge(uploaded, url).kind === 'failed') return;
  const title = `${notice.service ?? ''}: ${curve.of}`;
  const share = { files: [{ id, title }], channel_id: channel, thread_ts: ts };
  await call(via, 'files.completeUploadExternal', share, signal);
}

/** Of the Web API: a refusal is a 200 there. `form` where the method takes no JSON. */
async function call(
  { token, api }: BotVia,
  method: string,
  sent: URLSearchParams | object,
  signal: AbortSignal,
): Promise<Said> {
  const isForm = sent instanceof URLSearchParams;
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json; charset=utf-8';
  const asked: JsonRequest = {
    url: `${api}/${method}`,
    body: isForm ? sent.toString() : JSON.stringify(sent),
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    secrets: [token],
  };
  const answer = await request(asked, signal);
  const result = judge(answer, asked.url);
  if (result.kind === 'failed') return result;
  if (answer.kind === 'failed') return failed(answer.why);
  try {
    const read = JSON.parse(answer.text) as Answer;
    if (read['ok'] === true) return { kind: 'said', answer: read };
    const error = typeof read['error'] === 'string' ? read['error'] : 'no reason';
    return failed(`Slack: ${error}`, MESSAGE_REFUSED.includes(error));
  } catch {
    return failed('Slack answered no JSON');
  }
}
