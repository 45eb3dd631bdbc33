import type { Settings } from './settings.ts';

/** `127.0.0.1:7117`, `:7117`, `[::1]:7117` or `7117` -> host and port; null when it is none. */
export function parseListen(text: string): Settings['listen'] | null {
  const match = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (!match || !Number.isInteger(port) || port > 65_535) return null;
  return { host: match[1] ?? (match[2] === undefined || match[2] === '' ? '127.0.0.1' : match[2]), port };
}
