// Goroutine dumps (debug=2) drawn as text, one line a group.

/**
 * The text that the runtime prints for lines like these; stacks root first, the creator behind the last bar.
 *
 *     30 | chan receive, 7 minutes | lib.(*Log).run@/go/lib@v1/log.go:9 > lib.wait@/go/lib@v1/log.go:40 | orders/api.Open@/src/api.go:4
 */
export function drawDump(drawing: string): Uint8Array {
  const blocks: string[] = [];
  for (const line of drawing.split('\n').filter((text) => text.trim() !== '')) {
    const [count, status, path, creator = ''] = line.split('|').map((cell) => cell.trim());
    const calls = path.split(' > ').reverse().map(drawCall);
    for (let i = 0; i < Number(count); i++) {
      const id = blocks.length + 2;
      const tail = creator === '' ? '' : `created by ${drawFrame(creator, ' in goroutine 1')}`;
      blocks.push(`goroutine ${id} [${status}]:\n${calls.join('')}${tail}`);
    }
  }
  return new TextEncoder().encode(blocks.join('\n'));
}

function drawCall(frame: string): string {
  return drawFrame(frame, '(0xc000012345?)');
}

function drawFrame(frame: string, behindName: string): string {
  const match = /^(.*?)@(.*):(\d+)$/.exec(frame.trim());
  return `${match?.[1] ?? frame}${behindName}\n\t${match?.[2] ?? '/src/x.go'}:${match?.[3] ?? '1'} +0x1d\n`;
}
