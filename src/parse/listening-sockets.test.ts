import { describe, expect, it } from 'vitest';
import { hostOf, parseListeningSockets } from './listening-sockets.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 45001 1 0000000000000000 100 0 0 10 0
   1: 00000000:1770 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 45002 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 45003 1 0000000000000000 20 4 30 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:17AC 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 45004 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000700000A:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 45005 1 0000000000000000 100 0 0 10 0
`;

describe('parseListeningSockets', () => {
  it('finds what listens, and where a client reaches it', () => {
    const sockets = [...parseListeningSockets(TCP), ...parseListeningSockets(TCP6)];
    expect(sockets.map((socket) => `${hostOf(socket)} ${socket.inode}`)).toEqual([
      '127.0.0.1:8080 45001',
      '127.0.0.1:6000 45002',
      '[::1]:6060 45004',
      '10.0.0.7:80 45005',
    ]);
  });

  it('makes up no socket of a file that is cut short', () => {
    for (const whole of [TCP, TCP6]) {
      const known = new Set(parseListeningSockets(whole).map((socket) => JSON.stringify(socket)));
      for (let end = 0; end < whole.length; end++) {
        for (const socket of parseListeningSockets(whole.slice(0, end))) {
          expect(known).toContain(JSON.stringify(socket));
        }
      }
    }
  });
});
