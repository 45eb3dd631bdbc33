// How the watch itself does: is what runs what its file says, where targets come from, where alerts go.
import { useState } from 'preact/hooks';
import type { ConfigStatus, DiscoveryStatus } from '../../../src/model/status.ts';
import type { SinksMessage } from '../../../src/protocol/alert-messages.ts';
import type { ConfigMessage } from '../../../src/protocol/messages.ts';
import { fillPath, PATHS } from '../../../src/protocol/paths.ts';
import { postJson, type ApiFailure } from '../api.ts';
import { Moment } from '../time-words.tsx';
import { useResource } from '../use-resource.ts';

/** Nothing where there is neither a file, a source of targets nor a sink. */
export function WatchState() {
  const { data } = useResource<ConfigMessage>(PATHS.config, () => true);
  const sinks = useResource<SinksMessage>(PATHS.sinks, () => true);
  return (
    <>
      {data?.config ? <ConfigSection config={data.config} /> : null}
      {data && data.discovery.length > 0 ? <DiscoverySection sources={data.discovery} /> : null}
      {sinks.data?.trouble ? <TroubleSection trouble={sinks.data.trouble} /> : null}
      {sinks.data && sinks.data.sinks.length > 0 ? (
        <SinksSection message={sinks.data} reload={sinks.reload} />
      ) : null}
    </>
  );
}

function State({ isWell, text }: { readonly isWell: boolean; readonly text: string }) {
  return <span class={`source-state source-${isWell ? 'ok' : 'failing'}`}>{text}</span>;
}

function ConfigSection({ config }: { readonly config: ConfigStatus }) {
  const { file, isLastReloadSuccessful, lastReloadAt, lastSuccessAt, problems, needsRestart } = config;
  return (
    <section class="watch-state watch-config">
      <div class="section-head">
        <h2>Configuration</h2>
        <State isWell={isLastReloadSuccessful} text={isLastReloadSuccessful ? 'In use' : 'Not in use'} />
      </div>
      <p class="quiet">
        {file}, loaded <Moment at={lastSuccessAt} />
      </p>
      {isLastReloadSuccessful ? null : (
        <>
          <p>
            What it said at <Moment at={lastReloadAt} /> cannot be used: the settings of before go on.
          </p>
          <ul class="missing">
            {problems.map(({ line, column, field, fact, fix }, i) => (
              <li key={i}>
                {line === null ? '' : `Line ${line}, column ${column ?? 1}: `}
                {field === '' ? '' : `${field}: `}
                {fact}. {fix}
              </li>
            ))}
          </ul>
        </>
      )}
      {needsRestart.length === 0 ? null : (
        <p>Changed, and in effect with the next start: {needsRestart.join(', ')}.</p>
      )}
    </section>
  );
}

function DiscoverySection({ sources }: { readonly sources: readonly DiscoveryStatus[] }) {
  return (
    <section class="watch-state watch-discovery">
      <h2>Discovery</h2>
      <table class="cards sources">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">State</th>
            <th scope="col">Last look</th>
            <th scope="col">What is wrong</th>
            <th scope="col" class="number">
              Targets
            </th>
          </tr>
        </thead>
        <tbody>
          {sources.map((source, i) => (
            <DiscoveryRow key={i} source={source} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function DiscoveryRow({ source: each }: { readonly source: DiscoveryStatus }) {
  const { source, job, failure, lastFoundAt, found, kept, dropped, unfit, unfitWhy } = each;
  return (
    <tr>
      <th scope="row">
        {source}
        {job === null ? null : <span class="row-note">{job}</span>}
      </th>
      <td data-label="State">
        <State isWell={failure === null} text={failure === null ? 'OK' : 'Failing'} />
      </td>
      <td data-label="Last look">
        {lastFoundAt === null ? <span class="quiet">never</span> : <Moment at={lastFoundAt} />}
      </td>
      <td data-label="What is wrong">
        {failure === null ? null : <p>{failure}. What was found before goes on.</p>}
        {unfit === 0 ? null : (
          <p>
            {unfit} without an address{unfitWhy === null ? '' : `: ${unfitWhy}`}
          </p>
        )}
        {failure === null && unfit === 0 ? <span class="quiet">nothing</span> : null}
      </td>
      <td class="number" data-label="Targets">
        {kept} of {found}
        {dropped === 0 ? null : <span class="row-note">{dropped} dropped by rules</span>}
      </td>
    </tr>
  );
}

function TroubleSection({ trouble }: { readonly trouble: NonNullable<SinksMessage['trouble']> }) {
  const { path, why, since } = trouble;
  return (
    <section class="watch-state watch-trouble">
      <div class="section-head">
        <h2>Folder of alerts</h2>
        <State isWell={false} text="Failing" />
      </div>
      <p>
        {path}, since <Moment at={since} />: {why}
      </p>
      <p class="quiet">
        A watch that had the folder before tells from memory, and writes all of it once it can; one that could
        not take it tells nothing.
      </p>
    </section>
  );
}

function SinksSection(props: { readonly message: SinksMessage; readonly reload: () => void }) {
  const { sinks, deadLetters } = props.message;
  return (
    <section class="watch-state watch-sinks">
      <h2>Where alerts go</h2>
      <table class="cards sources">
        <thead>
          <tr>
            <th scope="col">Sink</th>
            <th scope="col">State</th>
            <th scope="col">Last sent</th>
            <th scope="col">Last error</th>
            <th scope="col" class="number">
              Messages
            </th>
          </tr>
        </thead>
        <tbody>
          {sinks.map(({ name, kind, lastSentAt, lastError, sent, waiting }) => (
            <tr key={name}>
              <th scope="row">
                {name}
                <span class="row-note">{kind}</span>
              </th>
              <td data-label="State">
                <State isWell={lastError === null} text={lastError === null ? 'OK' : 'Failing'} />
              </td>
              <td data-label="Last sent">
                {lastSentAt === null ? <span class="quiet">never</span> : <Moment at={lastSentAt} />}
              </td>
              <td data-label="Last error">{lastError ?? <span class="quiet">none</span>}</td>
              <td class="number" data-label="Messages">
                {sent} sent{waiting === 0 ? null : <span class="row-note">{waiting} waiting</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {deadLetters.length === 0 ? null : (
        <>
          <h3>Given up, and kept</h3>
          <DeadLetters letters={deadLetters} reload={props.reload} />
        </>
      )}
    </section>
  );
}

/** Why there is no button. */
const OBSOLETE = {
  overtaken: 'A later message about this leak was sent there, or waits.',
  outdated: 'What it says is not so any more: the leak is over, or is back.',
} as const;

function DeadLetters(props: { readonly letters: SinksMessage['deadLetters']; readonly reload: () => void }) {
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);
  const retry = (id: string) => {
    setBusy(true);
    postJson(fillPath(PATHS.deadLetterRetry, { id }), {})
      .then(
        () => setSaid('It waits to be sent again.'),
        (error: ApiFailure) => setSaid(`That did not work: ${error.message} ${error.advice}`),
      )
      .finally(() => {
        setBusy(false);
        props.reload();
      });
  };
  return (
    <>
      <ul class="missing dead-letters">
        {props.letters.map(({ id, sink, recipient, title, why, at, attempts, obsolete }) => (
          <li key={id}>
            <p>
              <strong>{title}</strong> to {recipient === null ? sink : `${recipient} by ${sink}`}: {why}
            </p>
            <p class="quiet">
              Given up <Moment at={at} /> after {attempts} {attempts === 1 ? 'try' : 'tries'}.{' '}
              {obsolete === null ? (
                <button
                  type="button"
                  disabled={isBusy}
                  aria-label={`Send again to ${recipient ?? sink}: ${title}`}
                  onClick={() => retry(id)}
                >
                  Send again
                </button>
              ) : (
                OBSOLETE[obsolete]
              )}
            </p>
          </li>
        ))}
      </ul>
      <p role="status">{said}</p>
    </>
  );
}
