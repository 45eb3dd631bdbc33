import { describe, expect, it } from 'vitest';
import { labelArguments } from './arguments.ts';
import { accessOf } from './access-options.ts';

describe('accessOf', () => {
  it('is null where nothing is asked for', () => {
    expect(accessOf({})).toBeNull();
  });

  it('takes certificates and one way to sign in', () => {
    expect(accessOf({ ca: 'ca.pem', bearerFile: 'token' })).toEqual({
      tls: { ca: 'ca.pem', cert: null, key: null, serverName: null },
      auth: { kind: 'bearer', file: 'token' },
    });
    expect(accessOf({ user: 'me', passwordFile: 'pw' })).toEqual({
      tls: null,
      auth: { kind: 'basic', user: 'me', file: 'pw' },
    });
  });

  it.each([
    [{ cert: 'c.pem' }, '--cert and --key belong together'],
    [{ user: 'me' }, '--user and --password-file belong together'],
    [{ bearerFile: 't', user: 'me', passwordFile: 'p' }, 'exclude each other'],
  ])('refuses %j', (options, why) => {
    expect(() => accessOf(options)).toThrow(why);
  });
});

describe('labelArguments', () => {
  it('reads labels with and without quotes', () => {
    expect(labelArguments(['job=orders', 'instance="10.0.0.7:80"', 'k8s.pod.name=a=b'])).toEqual({
      ...{ job: 'orders', instance: '10.0.0.7:80' },
      'k8s.pod.name': 'a=b',
    });
    expect(() => labelArguments(['orders'])).toThrow('needs name=value');
  });
});
