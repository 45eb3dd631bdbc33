// Mail over SMTP. One thread for each leak; a message that comes twice has the same Message-ID, which mail stores show once.
import { createTransport } from 'nodemailer';
import { describeError } from '../../base/errors.ts';
import type { Notice } from '../../model/alert.ts';
import type { SinkVia } from '../../model/sink.ts';
import { formatAlertText } from '../../report/alert-message.ts';
import { drawWaterline } from '../picture/draw-waterline.ts';
import { encodePng } from '../picture/encode-png.ts';
import { failed, SENT, type Sink } from '../sink.ts';

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
  return {
    async send(notice) {
      try {
        await transport.sendMail(toMail(notice, via));
        return SENT;
      } catch (error) {
        const status = (error as { responseCode?: number }).responseCode ?? 0;
        // 5xx is refused for good (RFC 5321, 4.2.1); authentication may be repaired meanwhile.
        const isFinal = status >= 500 && status < 600 && (error as { code?: string }).code !== 'EAUTH';
        const said = describeError(error).replaceAll(via.password ?? '\0', '…');
        return failed(`${via.host}: ${said}`, isFinal);
      }
    },
  };
}

function toMail(notice: Notice, { from, to }: EmailVia) {
  const id = (of: string) => `<${of.replace(/[^\w.-]/g, '_')}@plimsoll.alert>`;
  const thread = notice.fingerprint === null ? null : id(notice.fingerprint);
  return {
    from,
    to: [...to],
    subject: `[${notice.kind === 'resolved' ? 'resolved' : notice.level}] ${notice.message.title}`,
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
