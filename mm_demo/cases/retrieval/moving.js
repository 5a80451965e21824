/* The joint space on a plane. Places glide from one evaluation to the next, where motion is welcome. */
(function begin() {
  if (!window.mm) { setTimeout(begin, 30); return; }
  const mm = window.mm, one = (name) => element.querySelector(`.rt-${name}`);
  const plot = one('map'), look = one('look'), label = one('map-say');
  label.id = mm.id('map');
  plot.setAttribute('aria-labelledby', label.id);
  let built = 0, chosen = -1;
  const width = () => Math.max(240, plot.clientWidth || 480), height = () => Math.round(Math.min(380, width() * 0.78));
  const frame = (value) => {
    const all = [...value.pictures, ...value.texts];
    const reach = Math.max(0.15, ...all.flat().map(Math.abs)) * 1.08, w = width(), h = height();
    const scale = Math.min(w, h * 1.25) / 2 / reach;
    return ([x, y]) => [Math.max(8, Math.min(w - 8, w / 2 + x * scale)), Math.max(8, Math.min(h - 8, h / 2 - y * scale * 0.8))];
  };
  const build = (n) => {
    built = n;
    let lines = '', marks = '';
    for (let i = 0; i < n; i++) {
      lines += `<path class="tie" data-i="${i}"/>`;
      marks += `<path class="text" data-i="${i}" d="M0 -5.500l5.5 5.500-5.5 5.500-5.500-5.500z"/><circle class="picture" data-i="${i}" r="5"/>`;
    }
    plot.innerHTML = `<svg aria-hidden="true">${lines}${marks}</svg>`;
  };
  const show = (i) => {
    const value = props.value || {};
    chosen = i;
    plot.querySelectorAll('[data-i]').forEach((mark) => mark.classList.toggle('on', +mark.dataset.i === i));
    if (i < 0 || !value.names || !value.names[i]) return;
    const picture = (value.thumbnails || [])[i];
    look.innerHTML = (picture ? `<img src="${mm.escape(picture)}" alt="">` : '') + `<span class="serif">${mm.escape(value.names[i])}</span>`;
  };
  const draw = () => {
    const value = props.value || {};
    if (!value.pictures) { if (built !== -1) { built = -1; plot.innerHTML = ''; } return; }
    if (built !== value.pictures.length) build(value.pictures.length);
    const svg = plot.querySelector('svg'), at = frame(value);
    svg.setAttribute('viewBox', `0 0 ${width()} ${height()}`);
    svg.style.height = `${height()}px`;
    value.pictures.forEach((place, i) => {
      const [x, y] = at(place), [a, b] = at(value.texts[i]);
      const move = (kind, u, v) => { svg.querySelector(`.${kind}[data-i="${i}"]`).style.transform = `translate(${u.toFixed(1)}px, ${v.toFixed(1)}px)`; };
      move('picture', x, y); move('text', a, b);
      svg.querySelector(`.tie[data-i="${i}"]`).style.d = `path("M${x.toFixed(1)} ${y.toFixed(1)}L${a.toFixed(1)} ${b.toFixed(1)}")`;
    });
    element.querySelector('.rt-find').innerHTML = mm.both(value.say);
    element.querySelector('.rt-share').innerHTML = mm.both(value.share);
    label.innerHTML = mm.both(value.label);
    if (chosen >= 0) show(chosen);
    window.mmRetrieval = value;
    document.dispatchEvent(new CustomEvent('mm-retrieval'));
  };
  const pointed = (event) => { const mark = event.target.closest && event.target.closest('[data-i]'); if (mark) show(+mark.dataset.i); };
  plot.addEventListener('pointerover', pointed);
  plot.addEventListener('click', pointed);
  watch('value', draw);
  new ResizeObserver(draw).observe(plot);
  draw();
})();
