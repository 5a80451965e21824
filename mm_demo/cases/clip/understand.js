/* Understand CLIP: formulas with the numbers of the visitor's last answer, else our example's.
   Runs in the browser alone, but for one question to the server: our example's numbers. */
(function begin() {
  if (!window.mm) { setTimeout(begin, 30); return; }
  const mm = window.mm;
  const all = (name) => [...element.querySelectorAll(`[data-n="${name}"]`)];
  const one = (name) => all(name)[0];
  const put = (name, html) => all(name).forEach((place) => { place.innerHTML = html; });
  const big = (n) => n >= 1e7 || n < 0.01 ? n.toExponential(2).replace(/e([+-])(\d+)/, (_, sign, power) => ` × 10<sup>${sign === '-' ? '−' : ''}${power}</sup>`) : n < 100 ? n.toFixed(2) : Math.round(n).toLocaleString('en');
  const signed = (v) => v.toFixed(2).replace('-', '−');
  const named = (label) => {
    const [typed, language, other] = label;
    return other ? `${mm.escape(typed)}<small class="${language}" lang="${language === 'zh' ? 'zh-CN' : 'en'}">${mm.escape(other)}</small>` : mm.escape(typed);
  };
  const softmax = (logits) => {
    const high = Math.max(...logits), raised = logits.map((v) => Math.exp(v - high)), sum = raised.reduce((a, b) => a + b);
    return raised.map((v) => v / sum);
  };
  const slider = one('tau'), batch = one('batch');
  let data = props.value && props.value.cosines ? props.value : null, right = 0, moved = false;
  let pair = 0;

  /* tau runs on a logarithm: as much room between 0.01 and 0.1 as between 0.1 and 1 */
  const tau = () => 10 ** +slider.value;
  const learned = () => 1 / data.scale;
  /* the second witness, where one speaks (photographs): added to each exponent as it is */
  const witness = (i) => (data.witness || [])[i] || 0;
  const two = () => (data.witness || []).some((w) => w);
  const logits = (t) => data.cosines.map((cosine, i) => cosine / t + witness(i));

  const table = () => {
    one('rows').innerHTML = data.cosines.map((cosine, i) => `<tr class="${i === right ? 'on' : ''}"><td class="l"><button type="button" data-right="${i}" aria-pressed="${i === right}"><span>${named(data.labels[i])}</span></button></td><td class="n hide-s">${signed(cosine)}</td><td class="n" data-logit></td>${two() ? `<td class="n">${signed(witness(i))}</td>` : ''}<td class="b"><div class="bar"><i class="${i === right ? '' : 'alt'}"></i></div></td><td class="n" data-share></td></tr>`).join('');
    one('argmax').innerHTML = (two() ? logits(learned()) : data.cosines).map((value, i) => `<span class="${i ? '' : 'hi'}">${signed(value)} <small>${named(data.labels[i])}</small></span>`).join('');
    one('winner').innerHTML = named(data.labels[0]);
    all('own').forEach((place) => { place.hidden = data !== mm.answer; });
    all('two').forEach((place) => { place.hidden = !two(); });
    element.querySelectorAll('[data-model]').forEach((place) => { place.hidden = place.dataset.model !== data.model; });
    all('ours').forEach((place) => { place.hidden = data === mm.answer || data.made_up; });
    put('scale', data.scale.toFixed(1));
    put('learned', learned().toFixed(3));
  };
  const move = () => {
    if (!data) return;
    const t = tau(), exponents = logits(t), shares = softmax(exponents), sum = exponents.reduce((a, v) => a + Math.exp(v), 0);
    put('num', big(Math.exp(exponents[right])));
    put('den', big(sum));
    put('share', shares[right].toFixed(3));
    put('loss', (-Math.log(Math.max(shares[right], 1e-30))).toFixed(3));
    put('t', t.toFixed(t < 0.1 ? 3 : 2));
    put('inverse', (1 / t).toFixed(1));
    slider.setAttribute('aria-valuetext', t.toFixed(3));
    element.querySelectorAll('[data-logit]').forEach((cell, i) => { cell.textContent = (data.cosines[i] / t).toFixed(1).replace('-', '−'); });
    element.querySelectorAll('[data-share]').forEach((cell, i) => { cell.textContent = `${(100 * shares[i]).toFixed(1)}%`; });
    element.querySelectorAll('[data-n="rows"] .bar i').forEach((bar, i) => { bar.style.width = `${Math.max(0.5, 100 * shares[i])}%`; });
  };

  /* both ways: a row is a softmax over sentences, a column one over pictures */
  const grid = () => {
    const from = data.pairs ? data : ours, square = from && from.pairs, card = one('both');
    card.hidden = !square;
    if (!square) return;
    const n = square.cosines.length, t = 1 / from.scale, over = (values) => softmax(values.map((v) => v / t)), high = Math.max(0.35, ...square.cosines.flat());
    const column = (j) => square.cosines.map((row) => row[j]);
    const forward = square.cosines.map((row, i) => -Math.log(Math.max(over(row)[i], 1e-30)));
    const backward = square.cosines.map((_, i) => -Math.log(Math.max(over(column(i))[i], 1e-30)));
    const mean = (values) => values.reduce((a, b) => a + b) / n;
    one('grid').innerHTML = `<thead><tr><td></td>${square.labels.map((label, j) => `<th scope="col" class="${j === pair ? 'hi2' : ''}">${named(label)}</th>`).join('')}</tr></thead><tbody>` +
      square.cosines.map((row, i) => `<tr><th scope="row"><button type="button" data-pair="${i}" aria-pressed="${i === pair}"><img src="${square.pictures[i]}" alt=""><span class="sr">${mm.both(square.names[i])}</span></button></th>${row.map((v, j) => {
        const level = Math.round(100 * Math.max(0, v / high) ** 1.3);
        return `<td class="c ${square.inks[i][j]} ${i === pair ? 'fwd' : ''} ${j === pair ? 'bwd' : ''}" style="--share:${Math.min(100, level)}%">${signed(v)}</td>`;
      }).join('')}</tr>`).join('') + '</tbody>';
    put('fwd', forward[pair].toFixed(3)); put('bwd', backward[pair].toFixed(3));
    put('fwd-mean', mean(forward).toFixed(3)); put('bwd-mean', mean(backward).toFixed(3));
    put('both-mean', ((mean(forward) + mean(backward)) / 2).toFixed(3));
  };

  const guess = () => {
    const n = +batch.value, place = one('curve'), width = place.clientWidth || 316, height = 190;
    const X = (v) => 34 + (width - 48) * v / 512, Y = (v) => 160 - 140 * v / 7;
    let svg = '';
    for (const v of [0, 2, 4, 6]) svg += `<path d="M34 ${Y(v)}H${width - 14}" stroke="var(--grid)"/><text x="27" y="${Y(v) + 4}" font-size="12.5" text-anchor="end">${v}</text>`;
    for (const v of [2, 128, 256, 512]) svg += `<text x="${X(v)}" y="178" font-size="12.5" text-anchor="${v === 512 ? 'end' : 'middle'}">${v}</text>`;
    let points = '';
    for (let v = 2; v <= 512; v += 3) points += `${X(v).toFixed(1)},${Y(Math.log(v)).toFixed(1)} `;
    svg += `<polyline points="${points}" fill="none" stroke="var(--c1)" stroke-width="2.4"/>`;
    const x = X(n), y = Y(Math.log(n)), end = x > width - 130;
    svg += `<path d="M${x} ${y}V160" stroke="var(--body-text-color)" stroke-width="1.6" stroke-dasharray="2 4"/><circle cx="${x}" cy="${y}" r="5" fill="var(--c1)" stroke="var(--block-background-fill)" stroke-width="2"/>`;
    svg += `<text x="${end ? x - 8 : x + 9}" y="${y + 20}" font-size="14" text-anchor="${end ? 'end' : 'start'}" style="fill:var(--c1t);font-weight:600">ln ${n} = ${Math.log(n).toFixed(2)}</text>`;
    place.innerHTML = `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true">${svg}</svg>`;
    batch.setAttribute('aria-valuetext', `${n}, ln N = ${Math.log(n).toFixed(2)}`);
    put('n', n); put('each', (100 / n).toFixed(n > 100 ? 2 : 1)); put('ln', Math.log(n).toFixed(2));
  };

  let ours = null;
  const show = () => {
    data = mm.answer || ours || data;
    if (!data) return;
    right = 0;
    if (!moved) slider.value = Math.log10(Math.min(1, Math.max(0.01, learned())));
    table(); move(); grid();
  };
  slider.addEventListener('input', () => { moved = true; move(); });
  batch.addEventListener('input', guess);
  element.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    if (button.dataset.right !== undefined) {
      right = +button.dataset.right; table(); move();
      element.querySelector(`[data-right="${right}"]`).focus();
    } else if (button.dataset.pair !== undefined) {
      pair = +button.dataset.pair; grid();
      element.querySelector(`[data-pair="${pair}"]`).focus();
    } else if (button.dataset.back !== undefined) { moved = false; show(); }
  });
  document.addEventListener('mm-answer', show);
  watch('value', () => { if (props.value && props.value.cosines) { ours = props.value; show(); } });
  const knob = document.querySelector('#clip-knob-batch_size input[type=number]');
  if (knob && +knob.value >= 2) batch.value = Math.min(512, +knob.value);
  new ResizeObserver(guess).observe(one('curve'));
  guess(); show();
  trigger('select', {});
})();
