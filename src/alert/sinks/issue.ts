// An issue for each leak at GitHub or GitLab: opened once, commented, closed at its end, opened again when it is back.
// https://docs.github.com/en/rest/issues/issues, https://docs.gitlab.com/api/issues/, https://docs.gitlab.com/api/notes/
//
// Which issue it is stands in the issue itself: a marker with the fingerprint, found in the list of issues with our label (lists are
// exact at once, searches are not). Comments carry the key of their notice, so that none is made twice.
import type { Notice } from '../../model/alert.ts';
import type { SinkVia } from '../../model/sink.ts';
import { escapeMarkdown } from '../../report/markdown.ts';
import { hostOf, judge, request, type JsonAnswer } from '../post-json.ts';
import { failed, SENT, type SendResult, type Sink } from '../sink.ts';
import { toldName } from '../told-name.ts';

type IssueVia = Extract<SinkVia, { kind: 'github' | 'gitlab' }>;

/** All issues that Plimsoll makes carry it. */
const LABEL = 'plimsoll';
const PAGE = 100;
/** More open and closed leaks than this in one repository are not looked through. */
const MAX_PAGES = 10;
/** GitHub takes 65,536 characters. */
const MAX_TEXT = 60_000;
/** Theirs may be behind ours. */
const CLOCKS_DIFFER = 3_600_000;

interface Issue {
  readonly number: number;
  readonly isOpen: boolean;
  readonly body: string;
}

/** What differs between the two. */
interface Tracker {
  readonly list: (page: number) => string;
  readonly readIssue: (raw: Readonly<Record<string, unknown>>) => Issue | null;
  readonly create: (title: string, body: string) => Call;
  /** @param isMended closed because it is, not because its target is gone or it is another leak. */
  readonly setState: (number: number, isOpen: boolean, isMended: boolean) => Call;
  /** From an instant on; a notice is not older than what is said of it. */
  readonly comments: (number: number, since: string) => string;
  readonly comment: (number: number, body: string) => Call;
  readonly headers: Readonly<Record<string, string>>;
}

interface Call {
  readonly url: string;
  readonly method: 'POST' | 'PATCH' | 'PUT';
  readonly body: object;
}

export function makeIssueSink(via: IssueVia): Sink {
  const tracker = via.kind === 'github' ? githubTracker(via) : gitlabTracker(via);
  return { send: (notice, signal) => new IssueTask(tracker, via.token, signal).tell(notice) };
}

class Refused extends Error {
  readonly result: SendResult;
  constructor(result: SendResult) {
    super('refused');
    this.result = result;
  }
}

class IssueTask {
  readonly #tracker: Tracker;
  readonly #token: string;
  readonly #signal: AbortSignal;

  constructor(tracker: Tracker, token: string, signal: AbortSignal) {
    this.#tracker = tracker;
    this.#token = token;
    this.#signal = signal;
  }

  async tell(notice: Notice): Promise<SendResult> {
    try {
      await this.#tell(notice);
      return SENT;
    } catch (error) {
      if (error instanceof Refused) return error.result;
      throw error;
    }
  }

  async #tell(notice: Notice): Promise<void> {
    const { fingerprint, shard, kind } = notice;
    // An issue is a thing to do: digests and signs of life are none. A test proves that the token may read issues.
    if (fingerprint === null) return void (await this.#find(''));
    const ofLeak = markerOf(toldName(fingerprint, shard));
    const known = await this.#find(ofLeak);
    if (known === null) {
      if (kind === 'resolved') return;
      await this.#call(this.#tracker.create(notice.message.title, bodyOf(notice, ofLeak)));
      return;
    }
    const marker = markerOf(notice.key);
    const isTold = known.body.includes(marker) || (await this.#hasComment(known.number, notice));
    if (!isTold) await this.#call(this.#tracker.comment(known.number, bodyOf(notice, marker)));
    const isOpen = kind !== 'resolved';
    const isMended = notice.ending !== 'gone' && notice.ending !== 'goes-on';
    // A person who closed it meant it: only a leak that is back opens it again.
    if (known.isOpen !== isOpen && (kind === 'resolved' || kind === 'regressed'))
      await this.#call(this.#tracker.setState(known.number, isOpen, isMended));
  }

  async #find(marker: string): Promise<Issue | null> {
    for (let page = 1; page <= MAX_PAGES; page++) {
      const found = await this.#read(this.#tracker.list(page));
      for (const raw of found) {
        const issue = this.#tracker.readIssue(raw);
        if (issue?.body.includes(marker) === true && marker !== '') return issue;
      }
      if (found.length < PAGE || marker === '') return null;
    }
    return null;
  }

  async #hasComment(number: number, { key, createdAt }: Notice): Promise<boolean> {
    const since = new Date(createdAt - CLOCKS_DIFFER).toISOString();
    const comments = await this.#read(this.#tracker.comments(number, since));
    const marker = markerOf(key);
    return comments.some(({ body }) => typeof body === 'string' && body.includes(marker));
  }

  async #read(url: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const answer = await this.#request(url, 'GET', null);
    try {
      const value: unknown = JSON.parse(answer.text);
      if (Array.isArray(value)) return value as Record<string, unknown>[];
    } catch {
      // Below.
    }
    throw new Refused(failed(`${hostOf(url)} answered no list`));
  }

  async #call({ url, method, body }: Call): Promise<void> {
    await this.#request(url, method, JSON.stringify(body));
  }

  async #request(url: string, method: 'GET' | Call['method'], body: string | null) {
    const { headers } = this.#tracker;
    const secrets = [this.#token];
    const answer: JsonAnswer = await request({ url, method, body, headers, secrets }, this.#signal);
    const result = judge(answer, url);
    if (result.kind === 'failed') throw new Refused(result);
    if (answer.kind === 'failed') throw new Refused(failed(answer.why));
    return answer;
  }
}

function markerOf(id: string): string {
  return `<!-- plimsoll:${id.replace(/[^\w.-]/g, '_')} -->`;
}

function bodyOf({ message, key }: Notice, marker: string): string {
  const lines = [`**${escapeMarkdown(message.title)}**`, '', escapeMarkdown(message.summary), ''];
  if (message.facts.length > 0) {
    lines.push('| | |', '|---|---|');
    lines.push(...message.facts.map(({ name, value }) => `| ${name} | ${escapeMarkdown(value)} |`), '');
  }
  if (message.evidence.length > 0)
    lines.push('Evidence:', '', ...message.evidence.map((each) => `- ${escapeMarkdown(each)}`), '');
  if (message.advice !== null) lines.push(`What to do: ${escapeMarkdown(message.advice)}`, '');
  lines.push(...message.links.map(({ name, url }) => `[${name}](${url})`));
  // What tells that it is said already must not be cut off.
  return [lines.join('\n').slice(0, MAX_TEXT), '', marker, markerOf(key)].join('\n');
}

function githubTracker({ api, repository, token }: IssueVia): Tracker {
  const issues = `${api}/repos/${repository}/issues`;
  return {
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    },
    list: (page) => `${issues}?labels=${LABEL}&state=all&per_page=${PAGE}&page=${page}`,
    readIssue: (raw) => readIssue(raw['number'], raw['state'] === 'open', raw['body']),
    create: (title, body) => ({ url: issues, method: 'POST', body: { title, body, labels: [LABEL] } }),
    setState: (number, isOpen, isMended) => ({
      url: `${issues}/${number}`,
      method: 'PATCH',
      body: isOpen
        ? { state: 'open' }
        : { state: 'closed', state_reason: isMended ? 'completed' : 'not_planned' },
    }),
    comments: (number, since) => `${issues}/${number}/comments?per_page=${PAGE}&since=${since}`,
    comment: (number, body) => ({ url: `${issues}/${number}/comments`, method: 'POST', body: { body } }),
  };
}

function gitlabTracker({ api, repository, token }: IssueVia): Tracker {
  const issues = `${api}/projects/${encodeURIComponent(repository)}/issues`;
  return {
    headers: { 'private-token': token },
    list: (page) => `${issues}?labels=${LABEL}&per_page=${PAGE}&page=${page}`,
    readIssue: (raw) => readIssue(raw['iid'], raw['state'] === 'opened', raw['description']),
    create: (title, body) => ({
      url: issues,
      method: 'POST',
      body: { title, description: body, labels: LABEL },
    }),
    setState: (number, isOpen) => ({
      url: `${issues}/${number}`,
      method: 'PUT',
      body: { state_event: isOpen ? 'reopen' : 'close' },
    }),
    comments: (number) => `${issues}/${number}/notes?per_page=${PAGE}&order_by=created_at&sort=desc`,
    comment: (number, body) => ({ url: `${issues}/${number}/notes`, method: 'POST', body: { body } }),
  };
}

function readIssue(number: unknown, isOpen: boolean, body: unknown): Issue | null {
  return typeof number === 'number' ? { number, isOpen, body: typeof body === 'string' ? body : '' } : null;
}
