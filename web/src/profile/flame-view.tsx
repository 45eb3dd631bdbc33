import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { FlameTree } from '../../../src/flamegraph/flame-tree.ts';
import { focusFlame, hitTest, layoutFlame } from '../../../src/flamegraph/layout.ts';
import { formatValue } from '../../../src/profile/reports/header.ts';
import { decodeFlame } from '../../../src/protocol/flame-message.ts';
import type { FlameReply } from '../../../src/protocol/profile-messages.ts';
import { FlamePainter, FRAME_HEIGHT, findRows, neighbour, type FlamePicture } from './draw-flame.ts';
import { clipName, type Search } from './search.ts';

interface FlameProps {
  readonly reply: FlameReply;
  /** Values are a difference of profiles. */
  readonly isDifference: boolean;
  readonly search: Search;
  /** null = rows are no functions. */
  readonly openSource: ((name: string) => void) | null;
}

interface Pointed {
  readonly row: number;
  readonly x: number;
  readonly y: number;
}

export function FlameGraph({ reply, isDifference, search, openSource }: FlameProps) {
  const tree = useMemo(() => decodeFlame(reply.flame), [reply]);
  const whole = useMemo(() => layoutFlame(tree), [tree]);
  const painter = useMemo(() => new FlamePainter(tree, isDifference), [tree, isDifference]);
  const [focus, setFocus] = useState(0);
  const [chosen, setChosen] = useState(0);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const layout = useMemo(() => (focus === 0 ? whole : focusFlame(whole, focus)), [whole, focus]);
  const found = useMemo(() => (search.matches ? findRows(tree, search.matches) : null), [tree, search]);
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const height = (tree.maxDepth + 1) * FRAME_HEIGHT;

  usePainting(
    { box, canvas, painter, height },
    { layout, isFound: found?.isFound ?? null, chosen, pointed: pointed?.row ?? null },
  );

  const zoom = (row: number) => {
    setFocus(row);
    setChosen(row);
  };
  const choose = (row: number) => {
    setChosen(row);
    if (box.current) scrollToDepth(box.current, tree.depth[row]);
  };
  const rowAt = (event: MouseEvent): number | null => {
    if (!canvas.current || !box.current) return null;
    const place = canvas.current.getBoundingClientRect();
    const depth = Math.floor((event.clientY - place.top + box.current.scrollTop) / FRAME_HEIGHT);
    return hitTest(layout, depth, (event.clientX - place.left) / place.width);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter') zoom(chosen);
    else if (event.key.startsWith('Arrow')) choose(neighbour(tree, chosen, event.key));
    else return;
    event.preventDefault();
  };
  useEscape(focus > 0, () => zoom(0));

  if (tree.length === 1) return <p class="state">No sample of this profile has a value of this type.</p>;
  return (
    <>
      <FrameBar tree={tree} row={chosen} format={reply.format}>
        {openSource !== null && chosen > 0 ? (
          <button type="button" onClick={() => openSource(tree.names[tree.name[chosen]])}>
            Source
          </button>
        ) : null}
        <button type="button" disabled={focus === 0} onClick={() => zoom(0)}>
          Whole picture
        </button>
      </FrameBar>
      <div class="flame-box" ref={box}>
        <div class="flame-space" style={{ height: `${height}px` }}>
          <canvas
            ref={canvas}
            class="flame"
            tabIndex={0}
            role="application"
            aria-label="Flame graph. Arrow keys choose a frame, Enter zooms in, Escape shows the whole picture. The tab Top has the functions as a table."
            aria-describedby="frame"
            onClick={(event) => {
              const row = rowAt(event);
              if (row !== null) zoom(row);
            }}
            onMouseMove={(event) => {
              const row = rowAt(event);
              setPointed(row === null ? null : { row, x: event.clientX, y: event.clientY });
            }}
            onMouseLeave={() => setPointed(null)}
            onKeyDown={onKeyDown}
          />
        </div>
      </div>
      <p class="quiet flame-note">
        {found === null
          ? ''
          : `${found.count} ${found.count === 1 ? 'frame' : 'frames'} found, ${percent(found.share)} of all. `}
        {reply.flame.hidden > 0 ? `${reply.flame.hidden} frames are too narrow to be drawn. ` : ''}
        Click or Enter zooms, Esc shows all, / searches.
      </p>
      {pointed === null ? null : <Tip tree={tree} pointed={pointed} format={reply.format} />}
    </>
  );
}

interface Painting {
  readonly box: { readonly current: HTMLDivElement | null };
  readonly canvas: { readonly current: HTMLCanvasElement | null };
  readonly painter: FlamePainter;
  readonly height: number;
}

/** Paints whenever the picture, the size, the scroll position or the colour scheme changes. */
function usePainting({ box, canvas, painter, height }: Painting, picture: Omit<FlamePicture, 'ink'>): void {
  const { layout, isFound, chosen, pointed } = picture;
  const paint = useRef<() => void>(() => undefined);
  paint.current = () => {
    const [area, target] = [box.current, canvas.current];
    const context = target?.getContext('2d');
    if (!area || !target || !context) return;
    const view = {
      width: area.clientWidth,
      height: Math.min(height, area.clientHeight),
      scrollTop: area.scrollTop,
    };
    const dots = devicePixelRatio;
    const size = [Math.round(view.width * dots), Math.round(view.height * dots)] as const;
    if (target.width !== size[0] || target.height !== size[1]) [target.width, target.height] = size;
    target.style.height = `${view.height}px`;
    context.setTransform(dots, 0, 0, dots, 0, 0);
    const ink = getComputedStyle(target).color;
    painter.paint(context, { layout, isFound, chosen, pointed, ink }, view);
  };
  useLayoutEffect(() => paint.current(), [painter, layout, isFound, chosen, pointed, height]);
  useEffect(() => {
    const area = box.current;
    if (!area) return undefined;
    const repaint = () => paint.current();
    const sizes = new ResizeObserver(repaint);
    sizes.observe(area);
    area.addEventListener('scroll', repaint);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', repaint);
    return () => {
      sizes.disconnect();
      area.removeEventListener('scroll', repaint);
      scheme.removeEventListener('change', repaint);
    };
  }, [box]);
}

/** Escape anywhere on the page, unless a field has it. */
function useEscape(isActive: boolean, act: () => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    if (!isActive) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !(event.target instanceof HTMLInputElement)) latest.current();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [isActive]);
}

function scrollToDepth(box: HTMLElement, depth: number): void {
  const top = depth * FRAME_HEIGHT;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + FRAME_HEIGHT > box.scrollTop + box.clientHeight)
    box.scrollTop = top + FRAME_HEIGHT - box.clientHeight;
}

type Format = FlameReply['format'];

/** The frame that was chosen: name, its values, what one can do with it. */
function FrameBar(props: {
  readonly tree: FlameTree;
  readonly row: number;
  readonly format: Format;
  readonly children: preact.ComponentChildren;
}) {
  const { tree, row, format } = props;
  return (
    <div class="frame-bar">
      <p id="frame" aria-live="polite">
        <bdi class="frame-name">{frameName(tree, row)}</bdi>{' '}
        <span class="frame-values">{frameValues(tree, row, format)}</span>
      </p>
      <span class="frame-actions">{props.children}</span>
    </div>
  );
}

function Tip({
  tree,
  pointed,
  format,
}: {
  readonly tree: FlameTree;
  readonly pointed: Pointed;
  readonly format: Format;
}) {
  const { row, x, y } = pointed;
  const isRight = x > innerWidth / 2;
  const isLow = y > innerHeight / 2;
  const style = {
    left: isRight ? 'auto' : `${x + 12}px`,
    right: isRight ? `${innerWidth - x + 12}px` : 'auto',
    top: isLow ? 'auto' : `${y + 16}px`,
    bottom: isLow ? `${innerHeight - y + 12}px` : 'auto',
  };
  return (
    <div class="tip" style={style} aria-hidden="true">
      <bdi>{frameName(tree, row)}</bdi>
      <br />
      {frameValues(tree, row, format)}
    </div>
  );
}

function frameName(tree: FlameTree, row: number): string {
  return row === 0 ? 'all' : clipName(tree.names[tree.name[row]]);
}

function frameValues(tree: FlameTree, row: number, format: Format): string {
  const share = tree.size[0] > 0 ? tree.size[row] / tree.size[0] : 0;
  const own = tree.self[row];
  const self = Number(own) === 0 ? '' : `, ${formatValue(format, own)} of its own`;
  return `${formatValue(format, tree.total[row])}, ${percent(share)}${self}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
