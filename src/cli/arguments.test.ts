import { expect, it } from 'vitest';
import { pastTimeArgument } from './arguments.ts';

it('takes an end in the past as a date, an instant or Unix seconds, and refuses one that is to come', () => {
  const forms = ['2026-11-20', '2026-11-20T00:00:00Z', '1795132800'];
  expect(forms.map(pastTimeArgument)).toEqual(Array(3).fill(Date.UTC(2026, 10, 20)));
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  expect(() => pastTimeArgument(tomorrow)).toThrow(/needs a time that is over/);
  expect(() => pastTimeArgument('yesterday')).toThrow(/needs a time such as/);
});
