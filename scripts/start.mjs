// npm start: set up, then the demo; npm start -- URL: set up, then watch that service.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, checkNode, ensureBuild, ensurePackages } from './setup.mjs';

checkNode();
if (!(await ensurePackages()) || !(await ensureBuild())) process.exit(3);

const given = process.argv.slice(2);
const command = given.length === 0 || given[0].startsWith('-') ? ['demo', ...given] : ['watch', ...given];
const child = spawn(process.execPath, [join(ROOT, 'dist', 'bin', 'plimsoll.js'), ...command], {
  stdio: 'inherit',
  cwd: process.env.INIT_CWD ?? ROOT,
});
// Ctrl-C reaches the whole group; a signal sent to this process alone is passed on. Either way the child decides
// when it is done, so that nothing is left behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('close', (code, signal) => {
  process.exitCode = signal ? 130 : (code ?? 0);
});
