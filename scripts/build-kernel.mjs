// Compiles kernel/ (AssemblyScript) to dist/pprof/kernel.wasm (or of another folder: --dist FOLDER).
import { mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { main } from 'assemblyscript/asc';
import { ROOT } from './setup.mjs';

const distIndex = process.argv.indexOf('--dist');
const dist = distIndex > 0 ? resolve(process.argv[distIndex + 1] ?? '') : join(ROOT, 'dist');
const target = join(dist, 'pprof', 'kernel.wasm');

mkdirSync(join(dist, 'pprof'), { recursive: true });
// No runtime and no checks: the module allocates nothing and is told where everything lies.
const options = ['-O3', '--runtime', 'stub', '--noAssert', '--use', 'abort=', '--enable', 'simd'];
const files = [join('kernel', 'kernel.ts'), '--baseDir', ROOT, '--outFile', relative(ROOT, target)];
const { error, stderr } = await main([...files, ...options]);
if (error) {
  process.stderr.write(`${stderr.toString()}${error.message}\n`);
  process.exit(1);
}
