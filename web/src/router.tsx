// The address is the state of the page: path, and what was chosen as query.
import type { ComponentChildren } from 'preact';
import { fillPath, type PagePath } from '../../src/protocol/paths.ts';
import { Store, useStore } from './store.ts';

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

function readPlace(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

const place = new Store<Place>(readPlace());
addEventListener('popstate', () => place.set(readPlace()));

export function usePlace(): Place {
  return useStore(place);
}

export function navigate(href: string): void {
  history.pushState(null, '', href);
  place.set(readPlace());
  scrollTo(0, 0);
}

/** Changes what was chosen without leaving the page; null takes the entry away. */
export function setQuery(changes: Readonly<Record<string, string | null>>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(null, '', `${location.pathname}${text ? `?${text}` : ''}`);
  place.set(readPlace());
}

/** Link target within the page; keeps the choice of time zone. */
export function pageHref(
  page: PagePath,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string | null>> = {},
): string {
  return fillPath(page, params, { ...query, tz: new URLSearchParams(location.search).get('tz') });
}

export function Link(props: {
  readonly href: string;
  readonly class?: string;
  readonly isCurrent?: boolean;
  readonly children: ComponentChildren;
}) {
  const follow = (event: MouseEvent) => {
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!isPlain) return;
    event.preventDefault();
    navigate(props.href);
  };
  return (
    <a
      href={props.href}
      class={props.class ?? ''}
      onClick={follow}
      {...(props.isCurrent ? { 'aria-current': 'page' as const } : {})}
    >
      {props.children}
    </a>
  );
}
