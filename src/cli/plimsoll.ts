#!/usr/bin/env node
// What starts. `profile` is used like `go tool pprof`, many times in a row, and must be there at once: it does without
// Commander, and scripts/bundle-cli.mjs makes one CommonJS file of it and of this, which starts a third faster than modules.
import { endWhenOutputFails } from './closed-output.ts';
import { endWith, failWith } from './exit-status.ts';

endWhenOutputFails();
if (process.argv[2] === 'profile') {
  import('./commands/profile.ts')
    .then(({ profileCommand }) => endWith(profileCommand(process.argv.slice(3))))
    .catch(failWith);
} else void import('./main.ts');
