import { useState } from 'preact/hooks';
import { ENDED_WORDS, type IncidentState } from '../../../src/model/incident.ts';
import type { IncidentSummary } from '../../../src/protocol/messages.ts';
import { fillPath, PATHS, type PathTemplate } from '../../../src/protocol/paths.ts';
import { postJson, type ApiFailure } from '../api.ts';
import { Age, Moment } from '../time-words.tsx';

const STATE_WORDS: Readonly<Record<IncidentState, string>> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  muted: 'Muted',
  resolved: 'Resolved',
};

/** How it ended, too: nobody has mended what is gone, or goes on. */
function describeState({ state, resolvedBy }: IncidentSummary): string {
  if (state !== 'resolved' || resolvedBy === undefined) return STATE_WORDS[state];
  if (resolvedBy === 'person') return 'Resolved by hand';
  const word = ENDED_WORDS[resolvedBy];
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const MUTE_CHOICES = [
  ['1h', 'for 1 hour'],
  ['8h', 'for 8 hours'],
  ['24h', 'for a day'],
  ['7d', 'for a week'],
  ['', 'until further notice'],
] as const;

/** What a person can do about a finding; it goes to every instance that still has it. */
export function IncidentActions(props: {
  readonly incidents: readonly IncidentSummary[];
  readonly onChange: () => void;
}) {
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [muteFor, setMuteFor] = useState('8h');
  const [why, setWhy] = useState('');
  const lasting = props.incidents.filter((incident) => incident.state !== 'resolved');
  const send = (path: PathTemplate, body: object, done: string) => {
    setBusy(true);
    Promise.all(lasting.map(({ id }) => postJson(fillPath(path, { id }), body)))
      .then(
        () => setSaid(done),
        (error: ApiFailure) => setSaid(`That did not work: ${error.message} ${error.advice}`),
      )
      .finally(() => {
        setBusy(false);
        props.onChange();
      });
  };
  const canAck = lasting.some((incident) => incident.state !== 'acknowledged');
  return (
    <div class="actions">
      <IncidentStates incidents={props.incidents} />
      {lasting.length === 0 ? null : (
        <div class="action-row">
          {canAck ? (
            <button
              type="button"
              class="primary"
              disabled={isBusy}
              onClick={() => send(PATHS.incidentAck, {}, 'Acknowledged.')}
            >
              Acknowledge
            </button>
          ) : null}
          <span class="joined">
            <button
              type="button"
              disabled={isBusy}
              onClick={() => send(PATHS.incidentMute, muteFor === '' ? {} : { for: muteFor }, 'Muted.')}
            >
              Mute
            </button>
            <select
              aria-label="Mute for how long"
              value={muteFor}
              onChange={(event) => setMuteFor(event.currentTarget.value)}
            >
              {MUTE_CHOICES.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </span>
          <span class="joined">
            <button
              type="button"
              disabled={isBusy}
              onClick={() => send(PATHS.incidentResolve, why.trim() ? { why: why.trim() } : {}, 'Resolved.')}
            >
              Resolve
            </button>
            <input
              type="text"
              aria-label="Why it is resolved (optional)"
              placeholder="why, for instance the version"
              maxLength={200}
              value={why}
              onInput={(event) => setWhy(event.currentTarget.value)}
            />
          </span>
        </div>
      )}
      <p class="said" role="status">
        {said}
      </p>
    </div>
  );
}

function IncidentStates({ incidents }: { readonly incidents: readonly IncidentSummary[] }) {
  return (
    <ul class="incident-states">
      {incidents.map((incident) => (
        <li key={incident.id}>
          <strong>{describeState(incident)}</strong> on {incident.instance}
          <span class="quiet">
            {' '}
            opened <Age at={incident.openedAt} />
            {incident.state === 'muted' && incident.mutedUntil !== null ? (
              <>
                , muted until <Moment at={incident.mutedUntil} withZone />
              </>
            ) : null}
            {incident.resolvedAt !== null && incident.state === 'resolved' ? (
              <>
                , ended <Age at={incident.resolvedAt} />
              </>
            ) : (
              <>
                , last seen <Age at={incident.lastSeenAt} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Everything that happened to it, newest first, over all instances. */
export function IncidentHistory({ incidents }: { readonly incidents: readonly IncidentSummary[] }) {
  const all = incidents
    .flatMap((incident) => incident.history.map((entry) => ({ ...entry, instance: incident.instance })))
    .sort((a, b) => b.at - a.at);
  return (
    <ul class="history">
      {all.map((entry) => (
        <li key={`${entry.at} ${entry.what} ${entry.instance}`}>
          <Moment at={entry.at} withZone /> <strong>{entry.what}</strong>{' '}
          <span class="quiet">
            {entry.why}
            {incidents.length > 1 ? ` (${entry.instance})` : ''}
          </span>
        </li>
      ))}
    </ul>
  );
}
