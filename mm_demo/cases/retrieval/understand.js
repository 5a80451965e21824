/* Understand retrieval: a triplet on the unit circle to drag, and the hardest negatives of a model.
   Runs in the browser alone, but for one question to the server: our own examples. */
(function begin() {
  if (!window.mm) { setTimeout(begin, 30); return; }
  const mm = window.mm;
  const one = (name) => element.querySelector(`[data-n="${name}"]`);
  const said = (kind, name) => element.querySelector(`[data-${kind}="${name}"]`).innerHTML;
  const figure = (v) => v.toFixed(2).replace('-', '−');
  const slider = one('range'), circle = one('circle'), turn = Math.PI / 180;
  const first = { picture: 90, own: 128, other: 44 };
  let angles = { ...first };

  const margin = () => +slider.value;
  const cosine = (name) => Math.cos((angles[name] - angles.picture) * turn);
  const kind = (own, other, m) => other > own ? 'hard' : other > own - m ? 'semi' : 'easy';
  const wrap = (a) => ((a + 540) % 360) - 180;

  /* the circle */
  const R = 118, side = 300;
  const place = (degrees, radius = R) => [side / 2 + radius * Math.cos(degrees * turn), side / 2 - radius * Math.sin(degrees * turn)];
  circle.innerHTML = `<svg viewBox="0 0 ${side} ${side}"><circle cx="150" cy="150" r="${R}" class="orbit"/><path class="zone"/><path class="tie own"/><path class="tie other"/>
    ${['other', 'own', 'picture'].map((name) => `<g tabindex="0" role="slider" aria-valuemin="-180" aria-valuemax="180" data-point="${name}"><circle r="22" class="reach"/>${name === 'picture' ? '<circle r="10" class="p"/>' : '<path d="M0-11L11 0 0 11-11 0z" class="' + name + '"/>'}<text></text></g>`).join('')}</svg>`;
  const points = [...circle.querySelectorAll('[data-point]')];
  points.forEach((point) => {
    const name = element.querySelector(`[data-name="${point.dataset.point}"]`);
    name.id = name.id || mm.id('rt-point');
    point.setAttribute('aria-labelledby', name.id);
    point.querySelector('text').textContent = { picture: 'I', own: 'T⁺', other: 'T⁻' }[point.dataset.point];
  });

  const draw = () => {
    const m = margin(), own = cosine('own'), other = cosine('other'), loss = Math.max(0, m - own + other);
    const reach = Math.acos(Math.max(-1, Math.min(1, own - m))) / turn;
    const [x0, y0] = place(angles.picture - reach), [x1, y1] = place(angles.picture + reach);
    circle.querySelector('.zone').setAttribute('d', reach > 179.5
      ? `M${place(0).join(' ')}A${R} ${R} 0 1 0 ${place(180).join(' ')}A${R} ${R} 0 1 0 ${place(0).join(' ')}`
      : `M${x0} ${y0}A${R} ${R} 0 ${reach > 90 ? 1 : 0} 0 ${x1} ${y1}`);
    const [ix, iy] = place(angles.picture);
    for (const name of ['own', 'other']) circle.querySelector(`.tie.${name}`).setAttribute('d', `M${ix} ${iy}L${place(angles[name]).join(' ')}`);
    points.forEach((point) => {
      const name = point.dataset.point, [x, y] = place(angles[name]), [u, v] = place(angles[name], 24);
      point.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      const text = point.querySelector('text');
      text.setAttribute('x', (u - 150).toFixed(1)); text.setAttribute('y', (v - 150 + 5).toFixed(1));
      const value = name === 'picture' ? 0 : Math.round(wrap(angles[name] - angles.picture));
      point.setAttribute('aria-valuenow', value);
      point.setAttribute('aria-valuetext', name === 'picture' ? `${Math.round(wrap(angles.picture))}°` : `${value}°, cos ${figure(cosine(name))}`);
    });
    one('m').textContent = one('margin').textContent = m.toFixed(2);
    one('pos').textContent = figure(own);
    one('neg').textContent = figure(other);
    one('loss').textContent = loss.toFixed(2);
    const found = loss === 0 ? 'easy' : kind(own, other, m);
    if (one('kind').dataset.kind !== found) { one('kind').dataset.kind = found; one('kind').innerHTML = said('now', found); }
    list();
  };
  const turned = (name, degrees) => { angles[name] = wrap(degrees); draw(); };
  const where = (event) => {
    const box = circle.querySelector('svg').getBoundingClientRect();
    return Math.atan2(box.top + box.height / 2 - event.clientY, event.clientX - box.left - box.width / 2) / turn;
  };
  points.forEach((point) => {
    const name = point.dataset.point;
    point.addEventListener('pointerdown', (event) => { point.setPointerCapture(event.pointerId); event.preventDefault(); point.focus(); });
    point.addEventListener('pointermove', (event) => { if (point.hasPointerCapture(event.pointerId)) turned(name, where(event)); });
    point.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: 3, ArrowUp: 3, ArrowRight: -3, ArrowDown: -3 }[event.key];
      if (!step) return;
      event.preventDefault();
      turned(name, angles[name] + step);
    });
  });
  /* one step along the loss's gradient, each point on its circle */
  const learn = () => {
    if (margin() - cosine('own') + cosine('other') <= 0) return;
    const own = (angles.own - angles.picture) * turn, other = (angles.other - angles.picture) * turn, rate = 0.16 / turn;
    angles.own = wrap(angles.own - rate * Math.sin(own));
    angles.other = wrap(angles.other + rate * Math.sin(other));
    angles.picture = wrap(angles.picture + rate * (Math.sin(own) - Math.sin(other)));
    draw();
  };

  /* what a model finds hardest */
  let ours = null;
  const list = () => {
    const own = window.mmRetrieval && (window.mmRetrieval.hardest || []).length ? window.mmRetrieval : null;
    const data = own || ours;
    one('run').hidden = !own; one('ours').hidden = !!own || !ours;
    if (!data) return;
    const m = margin();
    one('hard').innerHTML = data.hardest.slice(0, 4).map((row) => {
      const right = 1 - row.own, wrong = 1 - row.other, which = kind(right, wrong, m), loss = Math.max(0, m - right + wrong);
      const picture = (data.thumbnails || [])[row.row];
      const line = (word, text, value, css) => `<p><span class="sub13">${said('word', word)}</span> <b class="${css}">${figure(value)}</b><br><span class="serif">${mm.escape(text)}</span></p>`;
      return `<div class="rt-case">${picture ? `<img src="${mm.escape(picture)}" alt="">` : ''}<div>${line('own', data.names[row.row], right, 'hi')}${line('other', data.names[row.negative], wrong, 'hi2')}</div><p class="rt-verdict" data-kind="${which}"><b>${said('is', which)}</b><br>ℒ = ${loss.toFixed(2)}</p></div>`;
    }).join('');
  };
  slider.addEventListener('input', draw);
  element.addEventListener('click', (event) => {
    if (event.target.closest('[data-step]')) learn();
    if (event.target.closest('[data-again]')) { angles = { ...first }; slider.value = 0.2; draw(); }
  });
  document.addEventListener('mm-retrieval', list);
  watch('value', () => { if (props.value && props.value.hardest) { ours = props.value; list(); } });
  draw();
  trigger('select', {});
})();
