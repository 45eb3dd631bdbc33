// What people are told of a finding, and why not.
import type { Alert } from '../../../src/model/alert.ts';
import type { AlertsMessage } from '../../../src/protocol/alert-messages.ts';
import { PATHS } from '../../../src/protocol/paths.ts';
import { Moment } from '../time-words.tsx';
import { useResource } from '../use-resource.ts';

/** Nothing where no alert of it fires. */
export function AlertNote({ fingerprint }: { readonly fingerprint: string }) {
  const { data } = useResource<AlertsMessage>(PATHS.alerts, (event) => event.kind === 'incident');
  const alert = data?.alerts.find((each) => each.fingerprint === fingerprint);
  if (alert?.state !== 'firing') return null;
  const owner = alert.labels['owner'];
  return (
    <p class="alert-note">
      <Told alert={alert} />
      {owner === undefined ? null : <span class="quiet"> Owner: {owner}.</span>}
    </p>
  );
}

function Told({ alert: { quiet, ack, level, toldAt } }: { readonly alert: Alert }) {
  if (quiet !== null)
    return (
      <span>
        <strong>Nobody is told:</strong> {quiet}.
      </span>
    );
  if (ack !== null)
    return (
      <span>
        Acknowledged by {ack.by}
        {ack.why === '' ? '' : `: ${ack.why}`}. Told again only if it escalates.
      </span>
    );
  if (toldAt === null) return <span class="quiet">Nobody was told yet.</span>;
  return (
    <span>
      Told as {level}, last <Moment at={toldAt} />.
    </span>
  );
}
