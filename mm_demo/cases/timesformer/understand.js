/* Understand TimeSformer: sliders move the formulas' numbers, a patch shows whom it looks at.
   Runs in the browser alone, but for "measure here", which runs a small model on the server. */
(function begin() {
  if (!window.mm) { setTimeout(begin, 30); return; }
  const mm = window.mm;
  const panel = element.querySelector('[data-facts]'), facts = JSON.parse(panel.dataset.facts);
  const schemes = Object.keys(facts.names);
  const dashes = ['', '6 4', '1.5 4'];
  const all = (name) => element.querySelectorAll(`[data-n="${name}"]`);
  const write = (name, html) => all(name).forEach((place) => { place.innerHTML = html; });
  const number = (v, digits = 2) => (+v.toFixed(digits) || 0).toFixed(digits).replace('-', '−'); // no −0.00
  const put = (name, v, digits) => write(name, number(v, digits));
  const grouped = (v) => Math.round(v).toLocaleString('en');
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const sliders = {};
  const slider = (name, digits, move) => {
    const range = element.querySelector(`input[data-n="${name}"]`);
    sliders[name] = range;
    range.addEventListener('input', () => { now(); move(); });
    const now = () => { put(`${name}-now`, +range.value, digits); range.setAttribute('aria-valuetext', number(+range.value, digits)); };
    now();
  };
  const at = (name) => +sliders[name].value;

  /* attention over three frames: the third one's likeness and the divisor move */
  const values = [0.2, 0.5, 0.9];
  const attention = () => {
    const scores = [8, 4, at('score')], scaled = scores.map((s) => s / at('root'));
    const high = Math.max(...scaled), raised = scaled.map((s) => Math.exp(s - high)), weights = raised.map((r) => r / sum(raised));
    put('divisor', at('root'), 1);
    scores.forEach((s, k) => {
      put(`score-${k}`, s, 1); put(`scaled-${k}`, scaled[k]); put(`weight-${k}`, weights[k]); put(`value-${k}`, values[k], 1);
      element.querySelector(`[data-bar="weight-${k}"]`).style.width = `${(100 * weights[k]).toFixed(1)}%`;
    });
    put('mixed', sum(weights.map((w, k) => w * values[k])));
  };

  /* who looks at whom: hover, click or arrows choose the patch */
  const patches = [...element.querySelectorAll('[data-patch]')], token = element.querySelector('[data-token]');
  const place = (patch) => patch.dataset.patch.split('-').map(Number);
  const side = Math.sqrt(patches.filter((patch) => place(patch)[0] === 0).length);
  let scheme = 'divided', query = patches.find((patch) => patch.dataset.patch === '1-2-2');
  const looks = () => {
    const [frame, row, column] = place(query);
    patches.forEach((patch) => {
      const [f, r, c] = place(patch), here = f === frame, same = r === row && c === column;
      const first = scheme === 'joint' || (scheme === 'divided' && same), then = scheme !== 'joint' && here;
      patch.className = [patch === query && 'query', first && 'first', then && 'then'].filter(Boolean).join(' ');
      patch.tabIndex = patch === query ? 0 : -1;
      patch.setAttribute('aria-pressed', patch === query);
    });
    token.className = scheme === 'joint' ? 'first' : 'then';
    element.querySelectorAll('[data-says]').forEach((line) => { line.hidden = line.dataset.says !== scheme; });
    element.querySelectorAll('[data-scheme]').forEach((button) => button.setAttribute('aria-pressed', button.dataset.scheme === scheme));
  };
  const choose = (patch) => { query = patch; looks(); };
  element.addEventListener('pointerover', (event) => {
    const patch = event.pointerType === 'mouse' && event.target.closest('[data-patch]');
    if (patch) choose(patch);
  });
  element.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const patch = step && event.target.closest('[data-patch]');
    if (!patch) return;
    let [f, r, c] = place(patch);
    r = Math.max(0, Math.min(side - 1, r + step[0])); c += step[1];
    if (c < 0 || c >= side) { f += step[1]; c = (c + side) % side; } /* over the edge: the next frame */
    const next = patches.find((other) => other.dataset.patch === `${f}-${r}-${c}`);
    if (next) { choose(next); next.focus(); }
    event.preventDefault();
  });

  /* lines over x, one a scheme; `mark` is where the slider stands */
  const lines = (name, x, series, mark, unit) => {
    const plot = element.querySelector(`[data-plot="${name}"]`), width = plot.clientWidth, height = plot.clientHeight;
    if (!width || !height) return;
    const left = 46, right = width - 68, top = 12, bottom = height - 26;
    const most = Math.max(...schemes.flatMap((s) => series[s])), raw = most / 4, power = 10 ** Math.floor(Math.log10(raw));
    const tick = [1, 2, 2.5, 5, 10].map((f) => f * power).find((t) => t >= raw * 0.999);
    const high = Math.ceil(most / tick - 1e-6) * tick;
    const X = (v) => left + (right - left) * (v - x[0]) / (x[x.length - 1] - x[0]), Y = (v) => bottom - (bottom - top) * v / high;
    const short = (v) => unit === 'G' && high >= 2000 ? `${+(v / 1000).toFixed(1)} T` : `${+v.toFixed(2)}${v && unit === 'G' ? ' G' : ''}`;
    let out = '';
    for (let v = 0; v <= high * 1.001; v += tick) out += `<path d="M${left} ${Y(v).toFixed(1)}H${right}" stroke="var(--grid)"/><text x="${left - 6}" y="${(Y(v) + 4).toFixed(1)}" font-size="12.5" text-anchor="end">${short(v)}</text>`;
    const shown = x.length > 4 ? [x[0], x[Math.floor((x.length - 1) / 2)], x[x.length - 1]] : x;
    shown.forEach((v, k) => { out += `<text x="${X(v).toFixed(1)}" y="${height - 7}" font-size="12.5" text-anchor="${k === shown.length - 1 ? 'end' : 'middle'}">${v}</text>`; });
    if (mark !== null) out += `<path d="M${X(mark).toFixed(1)} ${top}V${bottom}" stroke="var(--c6)"/>`;
    schemes.forEach((s, k) => {
      out += `<polyline points="${x.map((v, i) => `${X(v).toFixed(1)},${Y(series[s][i]).toFixed(1)}`).join(' ')}" fill="none" stroke="var(--c${k + 1})" stroke-width="2.4" stroke-dasharray="${dashes[k]}" stroke-linejoin="round" stroke-linecap="round"/>`;
      x.forEach((v, i) => { if (mark === v || mark === null) out += `<circle cx="${X(v).toFixed(1)}" cy="${Y(series[s][i]).toFixed(1)}" r="4" fill="var(--c${k + 1})"/>`; });
    });
    let below = height; /* names at the lines' ends, from the lowest up, none on another */
    [...schemes].sort((a, b) => series[a].at(-1) - series[b].at(-1)).forEach((s) => {
      below = Math.min(Y(series[s].at(-1)) + 4, below - 15);
      for (const language of ['en', 'zh']) out += `<text class="${language} halo" x="${right + 8}" y="${below.toFixed(1)}" font-size="13" style="fill:var(--c${schemes.indexOf(s) + 1}t)">${mm.escape(facts.names[s][language])}</text>`;
    });
    plot.innerHTML = `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true">${out}</svg>`;
  };

  const cost = () => {
    const T = at('frames'), size = at('size'), across = size / facts.patch, N = across ** 2;
    const column = facts.frames.indexOf(T), row = facts.sizes.indexOf(size);
    write('T', T); write('N', grouped(N)); write('patches', grouped(T * N)); write('side', across);
    const keys = { divided: T + N + 1, joint: T * N + 1, space: N + 1 }, adds = {};
    schemes.forEach((s) => { adds[s] = facts.counted[s][row][column]; });
    schemes.forEach((s) => {
      write(`keys-${s}`, grouped(keys[s]));
      write(`adds-${s}`, `${grouped(adds[s])} G`);
      write(`flops-${s}`, `${grouped(2 * adds[s])} G`);
      write(`ratio-${s}`, number(adds[s] / adds.divided, 2));
    });
    put('times', adds.joint / adds.divided, 2);
    element.querySelectorAll('[data-cost]').forEach((line) => { line.hidden = (line.dataset.cost === 'less') !== (adds.joint < adds.divided); });
    const pick = (take) => Object.fromEntries(schemes.map((s) => [s, take(facts.counted[s])]));
    lines('frames', facts.frames, pick((table) => table[row]), T, 'G');
    lines('size', facts.sizes, pick((table) => table.map((line) => line[column])), size, 'G');
  };

  /* a bright bar moves along 32 pixels: the flow at its left edge as nn/motion.py estimates it, in one
     dimension. A bar, for with a single edge the mean would move too, and be taken out */
  const WIDTH = 32, ENERGY = 0.01, FASTEST = 2, EDGE = 10.5, BAR = 12;
  const standardised = (line) => {
    const mean = sum(line) / WIDTH, n = WIDTH * WIDTH; /* the same line in each of 32 rows */
    const deviation = Math.sqrt(sum(line.map((v) => (v - mean) ** 2)) * WIDTH / (n - 1));
    return line.map((v) => (v - mean) / deviation);
  };
  const halved = (line) => line.filter((_, i) => i % 2 === 0).map((v, i) => (v + line[2 * i + 1]) / 2);
  const slopes = (a, b) => a.slice(1).map((_, i) => ({
    ix: (a[i + 1] + b[i + 1] - a[i] - b[i]) / 2, it: (b[i] - a[i] + b[i + 1] - a[i + 1]) / 2,
  }));
  const lucasKanade = (a, b) => a.map((_, i) => {
    const near = slopes(a, b).slice(Math.max(0, i - 2), i + 2), mean = (take) => sum(near.map(take)) / near.length;
    const u = -mean((s) => s.ix * s.it) / (mean((s) => s.ix ** 2) + ENERGY);
    return Math.max(-FASTEST, Math.min(FASTEST, u));
  });
  const edge = () => {
    const truth = at('shift');
    const step = (distance) => 1 / (1 + Math.exp(-distance / 1.2));
    const frame = (left) => standardised(Array.from({ length: WIDTH }, (_, i) => step(i + 0.5 - left) - step(i + 0.5 - left - BAR)));
    const a = frame(EDGE - truth / 2), b = frame(EDGE + truth / 2), i = Math.floor(EDGE);
    const steep = slopes(a, b).slice(0, WIDTH / 2).reduce((best, s) => s.ix > best.ix ? s : best);
    const found = { truth, full: lucasKanade(a, b)[i], half: 2 * lucasKanade(halved(a), halved(b))[i >> 1] };
    write('it', steep.it < 0 ? `(${number(steep.it)})` : number(steep.it)); put('ix', steep.ix); put('normal', -steep.it / steep.ix);
    Object.keys(found).forEach((name) => put(`flow-${name}`, found[name], 2));
    const plot = element.querySelector('[data-plot="edge"]'), width = plot.clientWidth, height = plot.clientHeight;
    if (!width || !height) return;
    const X = (v) => 8 + (width - 16) * v / WIDTH, Y = (v) => 62 - 30 * v;
    const line = (values, colour, dash) => `<polyline points="${values.map((v, k) => `${X(k + 0.5).toFixed(1)},${Y(v).toFixed(1)}`).join(' ')}" fill="none" stroke="var(--${colour})" stroke-width="2.4" stroke-dasharray="${dash}"/>`;
    const arrow = (value, colour, y) => {
      const start = X(EDGE - truth / 2), end = start + (X(value) - X(0)), back = Math.sign(value) * 6;
      return `<circle cx="${start}" cy="${y}" r="3" fill="var(--${colour})"/><path d="M${start} ${y}H${end.toFixed(1)}` + (Math.abs(value) > 0.15 ? `m${-back} -5l${back} 5l${-back} 5` : '') + `" fill="none" stroke="var(--${colour})" stroke-width="2.6" stroke-linejoin="round" stroke-linecap="round"/>`;
    };
    plot.innerHTML = `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true"><path d="M8 102H${width - 8}" stroke="var(--grid)"/>` +
      line(a, 'c6', '6 4') + line(b, 'c1', '') + arrow(found.truth, 'c5', 116) + arrow(found.full, 'c1', 132) + arrow(found.half, 'c3', 148) + '</svg>';
  };

  /* the server's clock */
  const button = element.querySelector('[data-measure]'), shown = element.querySelector('.ts-clock'), failed = element.querySelector('[data-failed]');
  let timer = 0;
  const busy = (is) => {
    clearTimeout(timer);
    button.disabled = is;
    [...button.children].forEach((text, k) => { text.hidden = (k === 1) !== is; });
    if (is) timer = setTimeout(() => { busy(false); failed.hidden = false; }, 60000); // no answer is an answer
  };
  const clock = () => {
    const value = props.value || {};
    if (!('clock' in value)) return;
    busy(false);
    const told = value.clock;
    failed.hidden = !!told; shown.hidden = !told;
    if (!told) return;
    lines('clock', told.frames, told.ms, null, 'ms');
    write('clock', `<thead><tr><td></td>${told.frames.map((t) => `<th scope="col" class="n">T = ${t}</th>`).join('')}</tr></thead><tbody>` + schemes.map((s, k) =>
      `<tr><th scope="row"><svg width="24" height="6" viewBox="0 0 24 6" aria-hidden="true"><path d="M1 3H23" stroke="var(--c${k + 1})" stroke-width="2.6" stroke-dasharray="${dashes[k]}"/></svg>${mm.both(facts.names[s])}</th>` +
      told.frames.map((_, i) => `<td class="n"><b>${number(told.ms[s][i], 1)} ms</b><small>${grouped(told.count[s][i])} M</small></td>`).join('') + '</tr>').join('') + '</tbody>');
  };

  element.addEventListener('click', (event) => {
    const pressed = event.target.closest('button');
    if (!pressed) return;
    if (pressed.dataset.patch) choose(pressed);
    else if (pressed.dataset.scheme) { scheme = pressed.dataset.scheme; looks(); }
    else if (pressed === button) { busy(true); failed.hidden = true; trigger('select', {}); }
  });
  slider('score', 1, attention); slider('root', 1, attention);
  slider('frames', 0, cost); slider('size', 0, cost);
  slider('shift', 1, edge);
  watch('value', clock);
  new ResizeObserver(() => { cost(); edge(); clock(); }).observe(panel);
  attention(); looks(); cost(); edge();
})();
