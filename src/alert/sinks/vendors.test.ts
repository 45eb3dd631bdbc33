// What vendors are sent, held to their formats (schemas/, each with its source).
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { Ajv } from 'ajv';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { NOTICE_KINDS, type Notice } from '../../model/alert.ts';
import { ENDINGS, type Ending } from '../../model/incident.ts';
import type { SinkSetting, SinkVia } from '../../model/sink.ts';
import { drawCurve, drawNotice } from '../../testing/drawn-alert.ts';
import { TEST_SINK } from '../../testing/open-desk.ts';
import { serveVendor, type VendorServer } from '../../testing/vendor-server.ts';
import { makeSink } from '../make-sink.ts';
import { SinkMemories } from '../sink-memory.ts';
import type { SendResult, Sink } from '../sink.ts';
import { toMail } from './email.ts';
import { toSlackMessage } from './slack.ts';
import { toTeamsMessage } from './teams.ts';

const schema = (name: string): object =>
  JSON.parse(readFileSync(new URL(`schemas/${name}.schema.json`, import.meta.url), 'utf8')) as object;
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });

let servers: VendorServer[] = [];
afterEach(async () => {
  await Promise.all(servers.map(({ close }) => close()));
  servers = [];
});

async function serve(...answer: Parameters<typeof serveVendor>): Promise<VendorServer> {
  const server = await serveVendor(...answer);
  servers.push(server);
  return server;
}

const NOW = Date.UTC(2026, 10, 21, 12);
function sinkOf(via: SinkVia, over: Partial<SinkSetting> = {}): Sink {
  return makeSink(
    { ...TEST_SINK, via, ...over },
    { write: () => undefined, now: () => NOW },
    SinkMemories.none(),
  );
}
function send(via: SinkVia, notice: Notice, over: Partial<SinkSetting> = {}): Promise<SendResult> {
  return sinkOf(via, over).send(notice, new AbortController().signal);
}

/** As hostile as a service can name itself, and as long. */
const LONG = '<!channel> [x](http://evil) `'.repeat(300);
const hostile = (kind: Notice['kind']): Notice => {
  const notice = drawNotice({ kind });
  const facts = Array.from({ length: 12 }, (_, i) => ({ name: `Fact ${i}`, value: LONG }));
  const message = {
    ...notice.message,
    title: LONG,
    summary: LONG,
    facts,
    evidence: [LONG, LONG, LONG],
    advice: LONG,
  };
  return { ...notice, message };
};
const ALL: Notice[] = NOTICE_KINDS.map((kind) => drawNotice({ kind }));

const ROUTING_KEY = '0123456789abcdef0123456789abcdef';

describe.each<[string, string, (url: string) => SinkVia]>([
  ['PagerDuty', 'pagerduty-events-v2', (url) => ({ kind: 'pagerduty', routingKey: ROUTING_KEY, url })],
  ['Slack webhook', 'slack-message', (url) => ({ kind: 'slack', webhook: `${url}/services/T0/B0/sec` })],
  [
    'Slack bot',
    'slack-message',
    (url) => ({ kind: 'slackBot', token: 'xoxb-secret', channel: '#leaks', api: url }),
  ],
  ['Teams', 'teams-workflow', (url) => ({ kind: 'teams', webhook: `${url}/workflows/1?sig=secret` })],
  [
    'Alertmanager',
    'alertmanager-v2',
    (url) => ({ kind: 'alertmanager', url, labels: ['version'], headers: {} }),
  ],
])('%s', (_, name, viaOf) => {
  it('is sent what its documentation asks for, of every kind of notice and of hostile ones', async () => {
    const { url, asked } = await serve(() => ({ body: { ok: true } }));
    const notices = [...ALL, hostile('opened'), hostile('resolved')];
    for (const notice of notices) expect(await send(viaOf(url), notice)).toEqual({ kind: 'sent' });
    const validate = ajv.compile(schema(name));
    for (const { body } of asked) expect(validate(body), JSON.stringify(validate.errors)).toBe(true);
    expect(asked.length).toBeGreaterThanOrEqual(ALL.length);
  });

  it('a message that is refused is final, what may be mended is not, and neither tells the secret', async () => {
    for (const [status, isFinal] of [
      [400, true],
      [401, false],
      [404, false],
      [429, false],
      [503, false],
    ] as const) {
      const body = 'no: xoxb-secret 0123456789abcdef0123456789abcdef /services/T0/B0/sec';
      const { url } = await serve(() => ({ status, body, headers: { 'retry-after': '7' } }));
      const result = await send(viaOf(url), drawNotice());
      expect(result).toMatchObject({ kind: 'failed', isFinal, retryAfterMillis: 7000 });
      const why = result.kind === 'failed' ? result.why : '';
      expect(why).toContain(String(status));
      if (name === 'pagerduty-events-v2') expect(why).not.toContain(ROUTING_KEY);
      expect(why).not.toContain('sig=secret');
      if (name === 'slack-message' && why.includes('xoxb')) expect(viaOf(url).kind).toBe('slack');
    }
  });
});

describe('an end that is no fix', () => {
  const end = (ending: Ending) => drawNotice({ kind: 'resolved', ending });

  it('has no tick at Slack, no green at Teams, and its own word in the subject of a mail', () => {
    const mark = (ending: Ending) => JSON.stringify(toSlackMessage(end(ending)));
    const colour = (ending: Ending) => JSON.stringify(toTeamsMessage(end(ending)));
    expect(ENDINGS.filter((ending) => mark(ending).includes(':white_check_mark:'))).toEqual([
      'evidence',
      'person',
    ]);
    expect(ENDINGS.filter((ending) => colour(ending).includes('"Good"'))).toEqual(['evidence', 'person']);
    const via = {
      kind: 'email',
      host: 'localhost',
      port: 25,
      tls: 'none',
      user: null,
      password: null,
    } as const;
    const subjects = ENDINGS.map(
      (ending) => toMail(end(ending), { ...via, from: 'a', to: ['b'] }, ['b']).subject,
    );
    expect(subjects.map((subject) => /^\[(.*?)\]/.exec(subject)?.[1])).toEqual([
      ...['resolved', 'resolved', 'gone', 'goes on as another leak'],
    ]);
  });

  it('closes an issue at GitHub as one that nobody has mended', async () => {
    const reasons: unknown[] = [];
    for (const ending of ENDINGS) {
      const { url, asked } = await serveIssues('github');
      const via = { kind: 'github', api: url, repository: 'shop/orders', token: 'secret' } as const;
      await send(via, drawNotice({ kind: 'opened', key: '5f2c0a-1' }));
      await send(via, end(ending));
      reasons.push(
        asked.flatMap(({ body }) => (body as { state_reason?: string } | null)?.state_reason ?? []),
      );
    }
    expect(reasons).toEqual([['completed'], ['completed'], ['not_planned'], ['not_planned']]);
  });
});

describe('PagerDuty', () => {
  it('closes what it opened: the same key for all that is said of one leak', async () => {
    const { url, asked } = await serve(() => ({ status: 202 }));
    const via = { kind: 'pagerduty', routingKey: ROUTING_KEY, url } as const;
    for (const kind of ['opened', 'escalated', 'resolved'] as const) await send(via, drawNotice({ kind }));
    expect(asked.map(({ body }) => body)).toMatchObject([
      { event_action: 'trigger', dedup_key: 'plimsoll/5f2c0a' },
      { event_action: 'trigger', dedup_key: 'plimsoll/5f2c0a' },
      { event_action: 'resolve', dedup_key: 'plimsoll/5f2c0a' },
    ]);
  });

  it('closes of two shards with one leak only what the same shard opened', async () => {
    const { url, asked } = await serve(() => ({ status: 202 }));
    const via = { kind: 'pagerduty', routingKey: ROUTING_KEY, url } as const;
    for (const shard of ['1/2', '2/2']) await send(via, drawNotice({ shard }));
    await send(via, drawNotice({ kind: 'resolved', shard: '1/2' }));
    const keys = asked.map(({ body }) => (body as Record<string, string>)['dedup_key']);
    expect(keys).toEqual(['plimsoll/5f2c0a-1/2', 'plimsoll/5f2c0a-2/2', 'plimsoll/5f2c0a-1/2']);
  });

  it('calls somebody, with a template of its own as well', () => {
    const via = { kind: 'pagerduty', routingKey: ROUTING_KEY, url: 'http://x' } as const;
    expect([sinkOf(via), sinkOf(via, { title: '{{service}}' })].map(({ isCall }) => isCall)).toEqual([
      true,
      true,
    ]);
    expect(sinkOf({ kind: 'slack', webhook: 'http://x' }).isCall).toBeUndefined();
  });
});

describe('Slack', () => {
  it('makes no call and no link of what a service is named', async () => {
    const { url, asked } = await serve();
    await send({ kind: 'slack', webhook: url }, hostile('opened'));
    expect(JSON.stringify(asked[0]?.body)).not.toMatch(/mrkdwn","text":"[^"]*<!channel>/);
  });

  it('tells apart what a bot may try again and what it may not', async () => {
    for (const [error, isFinal] of [
      ['ratelimited', false],
      ['channel_not_found', false],
      ['token_revoked', false],
      ['invalid_blocks', true],
    ] as const) {
      const { url } = await serve(() => ({ body: { ok: false, error } }));
      const via = { kind: 'slackBot', token: 't', channel: 'c', api: url } as const;
      expect(await send(via, drawNotice())).toMatchObject({ kind: 'failed', isFinal });
    }
  });
});

describe('Teams', () => {
  it('is sent no more than it takes, and all that fits', async () => {
    const { url, asked } = await serve();
    for (const notice of [hostile('opened'), drawNotice()])
      await send({ kind: 'teams', webhook: url }, notice);
    const sizes = asked.map(({ body }) => Buffer.byteLength(JSON.stringify(body)));
    expect(sizes[0]).toBeLessThanOrEqual(28 * 1024);
    expect(sizes[0]).toBeGreaterThan(10 * 1024);
    expect(JSON.stringify(asked[1]?.body)).not.toContain('…');
  });
});

describe('a template', () => {
  it('replaces title and text, with what the notice says in its places', async () => {
    const { url, asked } = await serve();
    const template = { title: '{{level}}: {{service}}', text: '{{culprit}} {{labels.version}} {{nothing}}|' };
    await send({ kind: 'pagerduty', routingKey: ROUTING_KEY, url }, drawNotice(), template);
    expect(asked[0]?.body).toMatchObject({
      payload: { summary: 'warning: orders. orders/store.(*Store).Put at store/put.go:27 v1.4.2 |' },
    });
  });
});

/** Issues as both trackers keep them, in memory. */
async function serveIssues(kind: 'github' | 'gitlab') {
  const issues: {
    number: number;
    iid: number;
    state: string;
    body: string;
    description: string;
    notes: { body: string }[];
  }[] = [];
  const validate = ajv.compile(schema(`${kind}-issue`));
  const wrong: unknown[] = [];
  const { url, asked } = await serve(({ method, path, body }) => {
    const sent = (body ?? {}) as Record<string, string>;
    if (method !== 'GET' && !validate(body)) wrong.push(validate.errors);
    const [, number, isNote] = /\/issues(?:\/(\d+))?(\/(?:comments|notes))?/.exec(path) ?? [];
    const issue = issues[Number(number) - 1];
    if (method === 'GET') return { body: isNote === undefined ? issues : (issue?.notes ?? []) };
    if (isNote !== undefined) issue?.notes.push({ body: sent['body'] ?? '' });
    else if (issue)
      issue.state = (sent['state'] ?? sent['state_event'] ?? '')
        .replace(/^close$/, 'closed')
        .replace(/^reopen$/, 'opened');
    else {
      const text = sent['body'] ?? sent['description'] ?? '';
      const next = issues.length + 1;
      const state = kind === 'github' ? 'open' : 'opened';
      issues.push({ number: next, iid: next, state, body: text, description: text, notes: [] });
    }
    return { status: 201 };
  });
  return { url, asked, issues, wrong };
}

describe.each(['github', 'gitlab'] as const)('an issue at %s', (kind) => {
  const viaOf = (api: string) => ({ kind, api, repository: 'shop/orders', token: 'secret' });
  const notices = (['opened', 'repeated', 'resolved', 'regressed'] as const).map((each, i) =>
    drawNotice({ kind: each, key: `5f2c0a-${i + 1}` }),
  );

  it('is opened once, commented, closed and opened again; each said twice is done once', async () => {
    const { url, issues, wrong } = await serveIssues(kind);
    const states: string[] = [];
    for (const notice of notices) {
      for (const _ of ['once', 'again']) expect(await send(viaOf(url), notice)).toEqual({ kind: 'sent' });
      states.push(
        `${issues.length} ${issues[0]?.state.replace('opened', 'open')} ${issues[0]?.notes.length}`,
      );
    }
    expect(states).toEqual(['1 open 0', '1 open 1', '1 closed 2', '1 open 3']);
    expect(wrong).toEqual([]);
  });

  it('is one for each shard with the leak, and closed when it is over there', async () => {
    const { url, issues } = await serveIssues(kind);
    for (const shard of ['1/2', '2/2'])
      await send(viaOf(url), drawNotice({ shard, key: `5f2c0a-${shard}-1` }));
    await send(viaOf(url), drawNotice({ kind: 'resolved', shard: '2/2', key: '5f2c0a-2/2-2' }));
    expect(issues.map(({ state }) => state.replace('opened', 'open'))).toEqual(['open', 'closed']);
  });

  it('is opened and commented by templates that say far too much', async () => {
    const { url, issues, wrong } = await serveIssues(kind);
    const long = { title: '{{text}}'.repeat(20), text: '<{{text}}>'.repeat(200) };
    for (const each of notices) expect(await send(viaOf(url), each, long)).toEqual({ kind: 'sent' });
    expect([wrong, issues.length, issues[0]?.notes.length]).toEqual([[], 1, 3]);
    expect(await send(viaOf(url), hostile('repeated'))).toEqual({ kind: 'sent' });
    expect(wrong).toEqual([]);
  });

  it('is made neither for digests nor for the end of what it was never told', async () => {
    const { url, issues } = await serveIssues(kind);
    await send(viaOf(url), drawNotice({ kind: 'digest', fingerprint: null }));
    await send(viaOf(url), drawNotice({ kind: 'resolved' }));
    expect(issues).toEqual([]);
  });

  it('waits where the token may not read, and does not tell it', async () => {
    const { url } = await serve(() => ({ status: 401, body: 'Bad credentials: secret' }));
    const result = await send(viaOf(url), drawNotice());
    expect(result).toMatchObject({ kind: 'failed', isFinal: false });
    expect(JSON.stringify(result)).not.toContain('secret');
  });
});

describe('mail', () => {
  const start = async (over: ConstructorParameters<typeof SMTPServer>[0] = {}) => {
    const mails: string[] = [];
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      authOptional: true,
      onData(stream, _, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          mails.push(Buffer.concat(chunks).toString());
          done();
        });
      },
      ...over,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = server.server.address() as AddressInfo;
    const end = () => new Promise<void>((resolve) => server.close(() => resolve()));
    const via: SinkVia = {
      kind: 'email',
      host: '127.0.0.1',
      port,
      tls: 'none',
      user: null,
      password: null,
      from: 'plimsoll@example.com',
      to: ['team@example.com', 'boss@example.com'],
    };
    return { via, mails, end };
  };

  it('is a thread for each shard with the leak', () => {
    const via = { host: 'localhost', port: 25, tls: 'none', user: null, password: null } as const;
    const mailOf = (shard: string) =>
      toMail(drawNotice({ shard }), { kind: 'email', ...via, from: 'a', to: ['b'] }, ['b']);
    expect(mailOf('1/2').references).not.toBe(mailOf('2/2').references);
  });

  it('goes to all, in one thread for each leak, with the same id when it is sent twice', async () => {
    const { via, mails, end } = await start();
    for (const _ of ['once', 'again']) expect(await send(via, drawNotice())).toEqual({ kind: 'sent' });
    await end();
    const header = (name: string) =>
      mails.map((mail) => new RegExp(`^${name}: (.*)$`, 'mi').exec(mail)?.[1]?.trim());
    expect(new Set(header('Message-ID'))).toEqual(new Set(['<5f2c0a-1@plimsoll.alert>']));
    expect(header('References')[0]).toBe('<5f2c0a@plimsoll.alert>');
    expect(header('To')[0]).toBe('team@example.com, boss@example.com');
    expect(header('Subject')[0]).toContain('[warning] Memory leak in orders');
    expect(mails[0]).toContain('store/put.go:27');
  });

  it('brings the waterline along as a picture', async () => {
    const { via, mails, end } = await start();
    await send(via, drawNotice({ curve: drawCurve() }));
    await end();
    expect(mails[0]).toMatch(/Content-Type: image\/png; name=waterline.png/);
    expect(mails[0]).toMatch(/Content-Disposition: inline; filename=waterline.png/);
    expect(mails[0]).toContain('iVBORw0KGgo');
  });

  it('waits where the server is not there or busy, and is final where it refuses', async () => {
    const gone = await start();
    await gone.end();
    expect(await send(gone.via, drawNotice())).toMatchObject({ kind: 'failed', isFinal: false });
    for (const [code, isFinal] of [
      [450, false],
      [550, true],
    ] as const) {
      const { via, end } = await start({
        onRcptTo: (_, __, done) => done(Object.assign(new Error('no'), { responseCode: code })),
      });
      expect(await send(via, drawNotice())).toMatchObject({ kind: 'failed', isFinal });
      await end();
    }
  });

  it('goes to each of its recipients alone, and to all at once who are asked together; says whom it refuses', async () => {
    const taken: string[][] = [];
    const { via, end } = await start({
      onRcptTo({ address }, _, done) {
        const responseCode = address === 'boss@example.com' ? 450 : undefined;
        done(responseCode === undefined ? null : Object.assign(new Error('not now'), { responseCode }));
      },
      onData(stream, { envelope }, done) {
        taken.push(envelope.rcptTo.map(({ address }) => address));
        stream.resume().on('end', () => done());
      },
    });
    if (via.kind !== 'email') throw new Error('no mail');
    const to = ['Team <team@example.com>', 'boss@example.com', 'ops@example.com', 'team@example.com'];
    const sink = sinkOf({ ...via, to }, { title: '{{service}}' });
    expect(sink.recipients).toEqual(['team@example.com', 'boss@example.com', 'ops@example.com']);
    const results: SendResult[] = [];
    for (const recipient of [...(sink.recipients ?? []), undefined])
      results.push(await sink.send(drawNotice(), new AbortController().signal, recipient));
    await end();
    const putOff = {
      isFinal: false,
      isOfMessage: true,
      why: expect.stringMatching(/^(?!.*team@).*boss@example[.]com/) as string,
    };
    expect(results).toMatchObject([{ kind: 'sent' }, putOff, { kind: 'sent' }, putOff]);
    expect(taken).toEqual([
      ['team@example.com'],
      ['ops@example.com'],
      ['team@example.com', 'ops@example.com'],
    ]);
  });

  it('is not sent in the clear where TLS is required, and tells no password', async () => {
    const { via, mails, end } = await start();
    if (via.kind !== 'email') throw new Error('no mail');
    const required = { ...via, tls: 'required', user: 'me', password: 'geheim' } as const;
    const result = await send(required, drawNotice());
    await end();
    expect([result.kind, mails]).toEqual(['failed', []]);
    expect(JSON.stringify(result)).not.toContain('geheim');
  });
});

describe('what a sink is told by its URL and its command', () => {
  const vias = (url: string): SinkVia[] => [
    { kind: 'webhook', url, secret: null, headers: {} },
    { kind: 'alertmanager', url, labels: [], headers: {} },
    { kind: 'pagerduty', url, routingKey: 'k'.repeat(32) },
  ];

  it('sends user and password as basic authentication, and hides what comes back of them', async () => {
    const wanted = `Basic ${Buffer.from('u:AMPASS WD').toString('base64')}`;
    const server = await serve(({ headers }) => ({
      status: 400,
      body: `u:AMPASS WD ${String(headers.authorization)}`,
    }));
    for (const via of vias(server.url.replace('//', '//u:AMPASS%20WD@'))) {
      const result = await send(via, drawNotice());
      expect(server.asked.at(-1)?.headers['authorization']).toBe(wanted);
      expect(JSON.stringify(result)).toContain('answered 400');
      expect(JSON.stringify(result)).not.toMatch(/AMPASS|dTpBTV/);
    }
  });

  it('lets a header of its own win', async () => {
    const server = await serve();
    const via = {
      kind: 'webhook',
      url: server.url.replace('//', '//u:p@'),
      secret: null,
      headers: { Authorization: 'Own' },
    } as const;
    expect(await send(via, drawNotice())).toEqual({ kind: 'sent' });
    expect(server.asked[0]?.headers['authorization']).toBe('Own');
  });

  it('tells no token of a query that the other side quotes, nor user info where nobody answers', async () => {
    const server = await serve(({ path }) => ({ status: 403, body: `no ${path}` }));
    const [webhook] = vias(`${server.url}/?token=SECRETM`);
    if (webhook)
      expect(await send(webhook, drawNotice())).toMatchObject({
        why: expect.stringContaining('no /?token=…') as string,
      });
    const [short] = vias(`${server.url}/s/SECRETS3`);
    if (short) expect(JSON.stringify(await send(short, drawNotice()))).not.toContain('SECRETS3');
    for (const via of vias('http://u:AMPASSWD@bad host')) {
      const result = await send(via, drawNotice());
      expect(JSON.stringify(result)).not.toContain('AMPASSWD');
    }
  });

  it('hides what stands in a command from what the command says', async () => {
    const via = { kind: 'command', command: 'echo "lower Tok3n" >&2; exit 1', secrets: ['lower'] } as const;
    expect(await send(via, drawNotice())).toMatchObject({ why: 'command ended with status 1: … …' });
  });
});
