// Compiles src/ to dist/ and kernel/ to WebAssembly, the page to dist/web/, and bundles the command line into dist/bin/.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './setup.mjs';

const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
rmSync(join(ROOT, 'node_modules', '.cache', 'tsconfig.build.tsbuildinfo'), { force: true });

const steps = [
  ['compile', [tsc, '-p', 'tsconfig.build.json']],
  ['kernel', [join(ROOT, 'scripts', 'build-kernel.mjs')]],
  ['command', [join(ROOT, 'scripts', 'bundle-cli.mjs')]],
  ['page', [join(ROOT, 'scripts', 'build-web.mjs')]],
];
for (const [title, args] of steps) {
  if (!(await run(title, process.execPath, args))) process.exit(1);
}
