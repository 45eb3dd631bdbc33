// Texts of one's own in place of the message: {{name}} becomes what the notice says.
import type { Notice } from '../model/alert.ts';
import { fillPlaces } from '../model/template-names.ts';
import { formatAlertText } from '../report/alert-message.ts';

/** A template may name a long text often. */
const MAX_FILLED = 20_000;

/** Names: `TEMPLATE_NAMES` and `labels.<name>`; facts by their name in small letters. What the notice does not have is empty. */
export function fillTemplate(template: string, notice: Notice): string {
  return fillPlaces(template, (name) => valueOf(name, notice)).slice(0, MAX_FILLED);
}

function valueOf(name: string, notice: Notice): string {
  const { message, labels } = notice;
  if (name.startsWith('labels.')) {
    const label = name.slice('labels.'.length);
    return Object.hasOwn(labels, label) ? (labels[label] ?? '') : '';
  }
  switch (name.toLowerCase()) {
    case 'title':
      return message.title;
    case 'summary':
      return message.summary;
    case 'level':
      return notice.level;
    case 'kind':
      return notice.kind;
    case 'service':
      return notice.service ?? '';
    case 'fingerprint':
      return notice.fingerprint ?? '';
    case 'evidence':
      return message.evidence.join('\n');
    case 'advice':
      return message.advice ?? '';
    case 'page':
      return message.links[0]?.url ?? '';
    case 'text':
      return formatAlertText(message);
    default:
      return message.facts.find((fact) => fact.name.toLowerCase() === name.toLowerCase())?.value ?? '';
  }
}
