import { describe, expect, it } from 'vitest';
import { formatProcessAddress, parseProcessAddress } from './process-address.ts';

describe('parseProcessAddress', () => {
  it.each(['pid:1234', 'name:orders', 'name:my-service.v2', 'port:8080'])(
    'reads %s, and writes it back',
    (text) => {
      const address = parseProcessAddress(text);
      expect(address && formatProcessAddress(address)).toBe(text);
    },
  );

  it.each(['http://name:8080', 'name', 'localhost:8080', ':6060', 'port://x', 'pidx:1', 'https://pid:1/x'])(
    'leaves %s to be an address on the network',
    (text) => {
      expect(parseProcessAddress(text)).toBeNull();
    },
  );

  it.each([
    ['pid:', 'a process number such as pid:1234 expected'],
    ['pid:0', 'a process number such as pid:1234 expected'],
    ['pid:12x', 'a process number such as pid:1234 expected'],
    ['port:70000', 'a port such as port:8080 expected'],
    ['name:', 'a name such as name:orders expected'],
    ['name:a/b', 'a name such as name:orders expected'],
  ])('refuses %s', (text, fact) => {
    expect(() => parseProcessAddress(text)).toThrow(
      expect.objectContaining({ code: 'ARGUMENTS_INVALID', fact }),
    );
  });
});
