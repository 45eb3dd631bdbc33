// What the engine's process says to the one that started it, over the IPC channel.

export type EngineMessage =
  | {
      readonly kind: 'ready';
      readonly port: number;
      readonly password: string;
      readonly version: string;
    }
  /** The optional dependency is not there or does not fit this machine. */
  | { readonly kind: 'missing'; readonly reason: string }
  /** It is there but cannot open the data. */
  | { readonly kind: 'failed'; readonly reason: string };

export function isEngineMessage(value: unknown): value is EngineMessage {
  if (typeof value !== 'object' || value === null) return false;
  const message = value as Partial<Record<string, unknown>>;
  if (message['kind'] === 'ready') {
    return typeof message['port'] === 'number' && typeof message['password'] === 'string';
  }
  return (
    (message['kind'] === 'missing' || message['kind'] === 'failed') && typeof message['reason'] === 'string'
  );
}
