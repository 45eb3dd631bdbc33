// Mail over SMTP. One thread for each leak; a message that comes twice has the same Message-ID, which mail stores show once.
import { createTransport, type NodemailerError } from 'nodemailer';
import { describeError } from '../../base/errors.ts';
import type { Notice } from '../../model/alert.ts';
import { ENDED_WORDS } from '../../model/incident.ts';
import type { SinkVia } from '../../model/sink.ts';
import { formatAlertText } from '../../report/alert-message.ts';
import { drawWaterline } from '../picture/draw-waterline.ts';
import { encodePng } from '../picture/encode-png.ts';
import { failed, SENT, type Failed, type Sink } from '../sink.ts';
import { toldName } from '../told-name.ts';

type EmailVia = Extract<SinkVia, { kind: 'email' }>;

const TIMEOUT_MILLIS = 20_000;

export function makeEmailSink(via: EmailVia): Sink {
  const transport = createTransport({
    host: via.host,
    port: via.port,
    // Implicit TLS on its port; else STARTTLS, which `required` insists on.
    secure: via.tls === 'implicit',
    requireTLS: via.tls === 'required',
    ignoreTLS: via.tls === 'none',
    connectionTimeout: TIMEOUT_MILLIS,
    greetingTimeout: TIMEOUT_MILLIS,
    socketTimeout: TIMEOUT_MILLIS,
    ...(via.user === null ? {} : { auth: { user: via.user, pass: via.password ?? '' } }),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const all = [...new Set(via.to.map(addressOf))];
  /** A server may take a message for some and not yet for others: greylisting, a mailbox that is full. */
  const refused = (errors: readonly NodemailerError[]): Failed => {
    const said = errors.map(describeRefusal).join('; ');
    const result = failed(
      `${via.host}: ${said.replaceAll(via.password ?? '\0', '…')}`,
      errors.every(isRefusedForGood),
    );
    const isOfMessage = errors.some(({ recipient }) => recipient !== undefined);
    return isOfMessage ? { ...result, isOfMessage } : result;
  };
  return {
    recipients: all,
    async send(notice, _, recipient) {
      try {
        const mail = toMail(notice, via, recipient === undefined ? all : [recipient]);
        const { rejectedErrors } = await transport.sendMail(mail);
        return rejectedErrors?.length ? refused(rejectedErrors) : SENT;
      } catch (error) {
        const refusal = error as NodemailerError;
        return refused(refusal.rejectedErrors?.length ? refusal.rejectedErrors : [refusal]);
      }
    },
  };
}

/** 5xx is refused for good (RFC 5321, 4.2.1); authentication may be repaired meanwhile. */
function isRefusedForGood({ responseCode = 0, code }: NodemailerError): boolean {
  return responseCode >= 500 && responseCode < 600 && code !== 'EAUTH';
}

function describeRefusal(error: NodemailerError): string {
  const said = describeError(error);
  const { recipient } = error;
  return recipient === undefined || said.includes(recipient) ? said : `${recipient}: ${said}`;
}

/** `Team <team@example.com>` as the server is told it. */
function addressOf(to: string): string {
  return /<([^<>]*)>\s*$/.exec(to)?.[1] ?? to.trim();
}

export function toMail(notice: Notice, { from, to }: EmailVia, recipients: readonly string[]) {
  const id = (of: string) => `<${of.replace(/[^\w.-]/g, '_')}@plimsoll.alert>`;
  const thread = notice.fingerprint === null ? null : id(toldName(notice.fingerprint, notice.shard));
  return {
    from,
    to: [...to],
    envelope: { from, to: [...recipients] },
    subject: `[${notice.kind === 'resolved' ? ENDED_WORDS[notice.ending ?? 'evidence'] : notice.level}] ${notice.message.title}`,
    text: formatAlertText(notice.message),
    ...pictureOf(notice),
    messageId: id(notice.key),
    date: new Date(notice.createdAt),
    ...(thread === null ? {} : { references: thread, inReplyTo: thread }),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Plimsoll-Kind': notice.kind,
      'X-Plimsoll-Level': notice.level,
    },
  };
}

/** As an attachment that clients show below the text; its name has no secret and no name of a service. */
function pictureOf({ curve }: Notice) {
  const image = curve === undefined ? null : drawWaterline(curve);
  if (image === null) return {};
  const content = Buffer.from(encodePng(image));
  return {
    attachments: [
      { filename: 'waterline.png', content, contentType: 'image/png', contentDisposition: 'inline' as const },
    ],
  };
}
