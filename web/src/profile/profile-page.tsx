import { useEffect, useMemo, useRef } from 'preact/hooks';
import type {
  FlameReply,
  GrowthMessage,
  ProfileMessage,
  SourceMessage,
  TopMessage,
} from '../../../src/protocol/profile-messages.ts';
import { PlimsollMark } from '../parts/marks.tsx';
import { Failed, Loading } from '../parts/states.tsx';
import { FlameGraph } from './flame-view.tsx';
import { usePageState, type PageControl, type Tab } from './page-state.ts';
import { compileSearch, type Search } from './search.ts';
import { GrowthTable, SourceList, TopTable, type Sort } from './tables.tsx';
import { useAnswer, type Answer } from './use-answer.ts';

const TITLES: Readonly<Record<Tab, string>> = {
  flame: 'Flame',
  top: 'Top',
  source: 'Source',
  growth: 'Growth',
};

export function ProfilePage() {
  const profile = useAnswer<ProfileMessage>('/api/profile');
  const control = usePageState();
  return (
    <>
      <header class="top">
        <div class="top-inner">
          <span class="brand">
            <PlimsollMark />
            Plimsoll
          </span>
          {profile.data === null ? null : <Sources profile={profile.data} />}
        </div>
      </header>
      <main class="profile">
        <Shown answer={profile} what="the profile">
          {(data) => <Panels profile={data} control={control} />}
        </Shown>
      </main>
    </>
  );
}

function Sources({ profile }: { readonly profile: ProfileMessage }) {
  const { title, sources, bases } = profile;
  const name = sources.join(', ') + (bases.length > 0 ? ` less ${bases.join(', ')}` : '');
  useEffect(() => {
    document.title = `${title === '' ? name : title}: Plimsoll`;
  }, [title, name]);
  return (
    <h1 class="profile-title">
      {title === '' ? null : <bdi>{title}</bdi>}
      <span class="quiet">
        <bdi>{name}</bdi>
      </span>
    </h1>
  );
}

/** What was answered, or what stands in its place. */
function Shown<T>(props: {
  readonly answer: Answer<T>;
  readonly what: string;
  readonly children: (data: T) => preact.ComponentChild;
}) {
  const { data, failure, reload } = props.answer;
  if (failure !== null) return <Failed failure={failure} reload={reload} />;
  return data === null ? <Loading what={props.what} /> : <>{props.children(data)}</>;
}

interface PanelProps {
  readonly profile: ProfileMessage;
  readonly control: PageControl;
}

function Panels({ profile, control }: PanelProps) {
  const { state, go } = control;
  const hasBase = profile.bases.length > 0;
  const tabs: readonly Tab[] = hasBase ? ['growth', 'flame', 'top', 'source'] : ['flame', 'top', 'source'];
  const tab = tabs.find((known) => known === state.tab) ?? tabs[0] ?? 'flame';
  const type = state.type !== null && state.type < profile.types.length ? state.type : profile.defaultType;
  const search = useMemo(() => compileSearch(state.search), [state.search]);
  const view = {
    type,
    search,
    sort: state.sort ?? profile.defaultSort,
    sortBy: (sort: Sort) => go({ sort }),
    openSource: profile.hasFunctions ? (name: string) => go({ tab: 'source', name }) : null,
  };
  return (
    <>
      <div class="profile-tools">
        <Tabs tabs={tabs} tab={tab} choose={(next) => go({ tab: next })} />
        <label class="field">
          Sample type
          <select value={String(type)} onChange={(event) => go({ type: Number(event.currentTarget.value) })}>
            {profile.types.map(({ name, unit }, row) => (
              <option key={row} value={String(row)}>
                {unit === '' ? name : `${name} (${unit})`}
              </option>
            ))}
          </select>
        </label>
        {tab === 'source' ? null : <SearchField control={control} search={search} />}
      </div>
      <div role="tabpanel" id="panel" aria-labelledby={`tab-${tab}`}>
        {tab === 'flame' ? <FlamePanel {...view} hasBase={hasBase} /> : null}
        {tab === 'top' ? <TopPanel {...view} /> : null}
        {tab === 'growth' ? <GrowthPanel {...view} /> : null}
        {tab === 'source' ? <SourcePanel type={type} name={state.name} /> : null}
      </div>
    </>
  );
}

interface TabsProps {
  readonly tabs: readonly Tab[];
  readonly tab: Tab;
  readonly choose: (tab: Tab) => void;
}

function Tabs({ tabs, tab, choose }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = (tabs.indexOf(tab) + step + tabs.length) % tabs.length;
    choose(tabs[next] ?? tab);
    list.current?.querySelectorAll('button')[next]?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" ref={list} onKeyDown={onKeyDown}>
      {tabs.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={name === tab}
          aria-controls="panel"
          tabIndex={name === tab ? 0 : -1}
          onClick={() => choose(name)}
        >
          {TITLES[name]}
        </button>
      ))}
    </div>
  );
}

function SearchField({ control, search }: { readonly control: PageControl; readonly search: Search }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <label class="field search-field">
      Search
      <input
        ref={field}
        type="search"
        placeholder="regular expression"
        spellcheck={false}
        autocomplete="off"
        value={control.state.search}
        aria-invalid={search.fault !== ''}
        onInput={(event) => control.adjust({ search: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          control.adjust({ search: '' });
          event.currentTarget.blur();
        }}
      />
      <span class="fault" role="status">
        {search.fault}
      </span>
    </label>
  );
}

interface ViewProps {
  readonly type: number;
  readonly search: Search;
  readonly sort: Sort;
  readonly sortBy: (sort: Sort) => void;
  readonly openSource: ((name: string) => void) | null;
}

function FlamePanel({ type, search, openSource, hasBase }: ViewProps & { readonly hasBase: boolean }) {
  const answer = useAnswer<FlameReply>(`/api/flame?type=${type}`);
  return (
    <Shown answer={answer} what="the flame graph">
      {(reply) => (
        <>
          <Labels labels={reply.labels} />
          {hasBase ? (
            <p class="quiet">
              As wide as what changed: <span class="grew">red grew</span>,{' '}
              <span class="shrank">blue shrank</span>, the paler the more of both.
            </p>
          ) : null}
          <FlameGraph
            key={type}
            reply={reply}
            isDifference={hasBase}
            search={search}
            openSource={openSource}
          />
        </>
      )}
    </Shown>
  );
}

function TopPanel({ type, sort, ...rest }: ViewProps) {
  const answer = useAnswer<TopMessage>(`/api/top?type=${type}&sort=${sort}`);
  return (
    <Shown answer={answer} what="the table">
      {(table) => (
        <>
          <Labels labels={table.labels} />
          <TopTable key={`${type} ${sort}`} table={table} sort={sort} {...rest} />
        </>
      )}
    </Shown>
  );
}

function GrowthPanel({ type, sort, ...rest }: ViewProps) {
  const answer = useAnswer<GrowthMessage>(`/api/growth?type=${type}&sort=${sort}`);
  return (
    <Shown answer={answer} what="what grew">
      {(table) => <GrowthTable key={`${type} ${sort}`} table={table} sort={sort} {...rest} />}
    </Shown>
  );
}

function SourcePanel({ type, name }: { readonly type: number; readonly name: string }) {
  const answer = useAnswer<SourceMessage>(
    name === '' ? null : `/api/source?type=${type}&name=${encodeURIComponent(name)}`,
  );
  if (name === '')
    return (
      <p class="state">Choose a function: click its name in Top, or its frame in Flame and then Source.</p>
    );
  return (
    <Shown answer={answer} what="the source">
      {(source) => <SourceList source={source} />}
    </Shown>
  );
}

function Labels({ labels }: { readonly labels: readonly string[] }) {
  return (
    <ul class="labels">
      {labels.map((label, row) => (
        <li key={row}>
          <bdi>{label}</bdi>
        </li>
      ))}
    </ul>
  );
}
