// What the page shows is in its address, behind the #: a link opens it again, Back works.
import { useEffect, useState } from 'preact/hooks';

export const TABS = ['flame', 'top', 'source', 'growth'] as const;
export type Tab = (typeof TABS)[number];

export interface PageState {
  /** null = the first one. */
  readonly tab: Tab | null;
  /** null = the one that reports show by default. */
  readonly type: number | null;
  readonly sort: 'flat' | 'cum' | null;
  /** Regular expression; '' = nothing is looked for. */
  readonly search: string;
  /** Whose source is shown; '' = none was chosen. */
  readonly name: string;
}

export function parseState(hash: string): PageState {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const tab = fields.get('tab');
  const type = fields.get('type') ?? '';
  const sort = fields.get('sort');
  return {
    tab: TABS.find((known) => known === tab) ?? null,
    type: /^\d{1,6}$/.test(type) ? Number(type) : null,
    sort: sort === 'flat' || sort === 'cum' ? sort : null,
    search: fields.get('search') ?? '',
    name: fields.get('name') ?? '',
  };
}

export function formatState({ tab, type, sort, search, name }: PageState): string {
  const fields = new URLSearchParams();
  if (tab !== null) fields.set('tab', tab);
  if (type !== null) fields.set('type', String(type));
  if (sort !== null) fields.set('sort', sort);
  if (search !== '') fields.set('search', search);
  if (name !== '') fields.set('name', name);
  const text = fields.toString();
  return text === '' ? '' : `#${text}`;
}

export interface PageControl {
  readonly state: PageState;
  /** A step that Back undoes. */
  readonly go: (change: Partial<PageState>) => void;
  /** The same without a step: each letter of a search is none. */
  readonly adjust: (change: Partial<PageState>) => void;
}

export function usePageState(): PageControl {
  const [state, setState] = useState(() => parseState(location.hash));
  useEffect(() => {
    const read = () => setState(parseState(location.hash));
    addEventListener('popstate', read);
    addEventListener('hashchange', read);
    return () => {
      removeEventListener('popstate', read);
      removeEventListener('hashchange', read);
    };
  }, []);
  const move = (kind: 'pushState' | 'replaceState', change: Partial<PageState>) => {
    const next = { ...parseState(location.hash), ...change };
    history[kind](null, '', `${location.pathname}${formatState(next)}`);
    setState(next);
  };
  return {
    state,
    go: (change) => move('pushState', change),
    adjust: (change) => move('replaceState', change),
  };
}
