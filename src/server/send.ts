// Answers as HTTP: what every one of them carries beside its body.
import type { Context } from 'hono';
import type { Refusal } from './api-error.ts';
import { API_CSP, PAGE_CSP } from './headers.ts';
import type { WebFile } from './web-files.ts';

export function sendRefusal(c: Context, refusal: Refusal): Response {
  if (refusal.status === 503) c.header('retry-after', '5');
  return sendBytes(c, refusal.status, 'application/json; charset=utf-8', JSON.stringify(refusal.body));
}

export function sendBytes(
  c: Context,
  status: number,
  contentType: string,
  body: string | Uint8Array,
): Response {
  c.header('content-type', contentType);
  c.header('content-security-policy', API_CSP);
  c.header('cache-control', 'no-store');
  return c.body(body as string, status as 200);
}

/** A file of the page: never asked for again where its name carries a hash, else compared by its tag. */
export function sendFile(c: Context, file: WebFile, status: 200 | 404): Response {
  c.header('content-security-policy', PAGE_CSP);
  c.header('etag', file.etag);
  c.header('vary', 'accept-encoding');
  c.header('cache-control', file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  const known = (c.req.header('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (status === 200 && known.includes(file.etag)) return c.body(null, 304);
  c.header('content-type', file.contentType);
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(c.req.header('accept-encoding') ?? '');
  if (takesGzip) c.header('content-encoding', 'gzip');
  return c.body((takesGzip ? file.gzip : file.bytes) as Uint8Array<ArrayBuffer>, status);
}
