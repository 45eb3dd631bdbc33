import { describe, expect, it } from 'vitest';
import { decodeProfile } from '../pprof/decode-profile.ts';
import { drawProfile } from '../testing/drawn-profile.ts';
import { GoroutineGrouper } from './goroutine-groups.ts';
import { renderGoroutines } from './reports/goroutines.ts';

const DUMP = `goroutine 1 [running]:
main.main()
\t/src/main.go:10 +0x1

goroutine 7 [chan send, 12 minutes]:
main.send()
\t/src/a.go:11 +0x1e
created by main.start in goroutine 1
\t/src/a.go:20 +0x67

goroutine 8 [chan send, 340 minutes, locked to thread]:
main.send()
\t/src/a.go:11 +0x1e
created by main.start in goroutine 1
\t/src/a.go:20 +0x67

goroutine 9 [chan send, 3 minutes]:
main.send()
\t/src/a.go:11 +0x1e
created by main.other in goroutine 1
\t/src/b.go:5 +0x67
`;

function groupsOf(dump: string) {
  const decoded = decodeProfile(new TextEncoder().encode(dump));
  if (decoded.form !== 'goroutine-dump') throw new Error(decoded.form);
  const grouper = new GoroutineGrouper();
  grouper.addDump(decoded.dump);
  return grouper.finish();
}

describe('goroutine groups', () => {
  it('of a dump differ by creator, and know how long they have waited', () => {
    const text = [...renderGoroutines(groupsOf(DUMP), 0, [])].join('');
    expect(text).toBe(`Goroutines: 4 in 3 groups

         2  chan send, 12 to 340 minutes, 1 locked to a thread
            waits in    main.send (/src/a.go:11)
            created by  main.start (/src/a.go:20)

         1  running
            waits in    main.main (/src/main.go:10)

         1  chan send, 3 minutes
            waits in    main.send (/src/a.go:11)
            created by  main.other (/src/b.go:5)
`);
  });

  it('of a profile take the reason from the frames of the runtime, and the place from the service', () => {
    const grouper = new GoroutineGrouper();
    const profile = drawProfile(
      'types goroutine/count\norders/jobs.run@/src/jobs.go:8 > runtime.chanrecv1:489 > runtime.chanrecv:664 > runtime.gopark:460 = 500',
    );
    grouper.addProfile(profile, 0);
    expect(grouper.finish()).toMatchObject([
      {
        count: 500,
        reason: 'chan receive',
        waitsIn: { function: 'orders/jobs.run', line: 8 },
        createdBy: null,
        minutes: null,
      },
    ]);
  });

  it('of several sources are one list, the largest first', () => {
    const [first] = groupsOf(DUMP + DUMP.replaceAll('goroutine 7', 'goroutine 70'));
    expect(first.count).toBe(4);
  });

  it('are cut with a word about it', () => {
    const text = [...renderGoroutines(groupsOf(DUMP), 1, ['a warning'])].join('');
    expect(text).toContain('Showing the largest 1 groups: 2 goroutines');
    expect(text).toContain('a warning');
    expect(text).not.toContain('main.other');
  });
});
