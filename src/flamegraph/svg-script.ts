// The script inside a flame graph's SVG. Plain JavaScript that runs from a file: no modules, no network.

/** Stands in a CDATA section, so it must not hold `]]` followed by `>`. */
export const FLAME_SCRIPT = `
(function () {
  var svg = document.documentElement, box = document.getElementById('frames');
  var X = +box.dataset.left, W = +box.dataset.width, C = +box.dataset.char;
  var frames = Array.prototype.slice.call(box.children).map(function (g) {
    var r = g.querySelector('rect'), t = g.querySelector('title').textContent;
    return { g: g, r: r, x: +r.getAttribute('x'), w: +r.getAttribute('width'), y: +r.getAttribute('y'),
      d: +g.dataset.d, name: t.slice(0, t.lastIndexOf('\\n')) };
  });
  function label(f, x, w) {
    var t = f.g.querySelector('text'), room = Math.floor((w - 6) / C);
    if (room < 3) { if (t) t.remove(); return; }
    if (!t) {
      t = document.createElementNS('http://www.w3.org/2000/svg', 'text');
      t.setAttribute('y', f.y + 12);
      f.g.appendChild(t);
    }
    t.setAttribute('x', x + 3);
    var bracket = f.name.search(/[[(]/), path = bracket < 0 ? f.name : f.name.slice(0, bracket);
    var short = path[0] === '/' ? f.name : f.name.slice(path.lastIndexOf('/') + 1);
    var letters = Array.from(short.slice(0, 4 * room));
    t.textContent = letters.length > room ? letters.slice(0, room - 1).join('') + '\\u2026' : letters.join('');
  }
  function zoom(to) {
    var scale = W / to.w;
    frames.forEach(function (f) {
      var isAbove = f.d < to.d;
      var overlaps = isAbove ? to.x + 1e-6 >= f.x && f.x + f.w + 1e-6 >= to.x + to.w
        : f.x + 1e-6 >= to.x && to.x + to.w + 1e-6 >= f.x + f.w;
      var x = isAbove ? X : X + (f.x - to.x) * scale, w = isAbove ? W : f.w * scale;
      f.g.classList.toggle('hidden', !overlaps);
      f.g.classList.toggle('above', isAbove);
      if (!overlaps) return;
      f.r.setAttribute('x', x);
      f.r.setAttribute('width', w);
      label(f, x, w);
    });
  }
  function find(text) {
    var found = document.getElementById('found'), covered = 0, end = -1, hits = 0, matches;
    try { matches = new RegExp(text); } catch (e) { found.textContent = 'no regular expression: ' + text; return; }
    frames.forEach(function (f) {
      var hit = text !== '' && f.d > 0 && matches.test(f.name);
      f.g.classList.toggle('found', hit);
      if (hit) hits++;
    });
    frames.filter(function (f) { return f.g.classList.contains('found'); })
      .sort(function (a, b) { return a.x - b.x || b.w - a.w; })
      .forEach(function (f) { if (f.x + 1e-6 >= end) { covered += f.w; end = f.x + f.w; } });
    found.textContent = text === '' ? '' : hits + ' frames, ' + (covered / W * 100).toFixed(1) + '%';
  }
  svg.addEventListener('click', function (event) {
    var g = event.target.closest('.f');
    if (g) zoom(frames.find(function (f) { return f.g === g; }));
    else if (event.target.id === 'reset') { zoom(frames[0]); find(''); }
    else if (event.target.id === 'search') find(prompt('Functions to mark (regular expression)') || '');
  });
})();
`;
