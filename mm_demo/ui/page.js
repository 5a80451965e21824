/* The page's small library. Pieces made with gr.HTML call it from their js_on_load:
   mm is ready before them, for it stands in the document's head. */
(() => {
  const html = document.documentElement;
  const stored = (key) => { try { return localStorage.getItem(key); } catch (e) { return null; } };
  const asked = new URLSearchParams(location.search);
  window.mmLanguage = () => {
    const kept = stored('mm-language');
    if (kept === 'en' || kept === 'zh') return kept;
    return (navigator.language || '').startsWith('zh') ? 'zh' : 'en';
  };
  const first = ['en', 'zh'].includes(asked.get('lang')) ? asked.get('lang') : window.mmLanguage();
  const mm = window.mm = {};
  let wanted = '';
  mm.setLanguage = (language) => { html.lang = wanted = language === 'zh' ? 'zh-CN' : 'en'; };
  mm.setLanguage(first);
  /* Gradio writes the browser's own language there while it starts */
  new MutationObserver(() => { if (html.lang !== wanted) html.lang = wanted; })
    .observe(html, { attributes: true, attributeFilter: ['lang'] });
  const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  mm.escape = (text) => String(text).replace(/[&<>"']/g, (c) => escapes[c]);
  mm.both = (texts) => typeof texts === 'string' ? mm.escape(texts)
    : `<span class="en" lang="en">${mm.escape(texts.en)}</span><span class="zh" lang="zh-CN">${mm.escape(texts.zh)}</span>`;
  let ids = 0;
  mm.id = (prefix) => `${prefix}-${++ids}`;

  /* theme: ?__theme=, or the button's choice, kept; else the system's, which Gradio follows */
  let shade = asked.get('__theme') ? null : stored('mm-theme');
  const isDark = () => document.body.classList.contains('dark');
  const paint = () => { if (shade && isDark() !== (shade === 'dark')) document.body.classList.toggle('dark'); };
  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ['class'] });
  paint();
  mm.theme = () => {
    shade = isDark() ? 'light' : 'dark';
    paint();
    try { localStorage.setItem('mm-theme', shade); } catch (e) { /* not kept, then */ }
  };

  /* copying, with a word said to those who cannot see it */
  mm.say = (texts) => {
    let place = document.getElementById('mm-say');
    if (!place) {
      place = Object.assign(document.createElement('div'), { id: 'mm-say', className: 'sr' });
      place.setAttribute('role', 'status');
      document.querySelector('.gradio-container').append(place);
    }
    place.innerHTML = mm.both(texts);
  };
  mm.copy = async (text, button) => {
    try { await navigator.clipboard.writeText(text); } catch (e) {
      const field = Object.assign(document.createElement('textarea'), { value: text });
      document.body.append(field); field.select(); document.execCommand('copy'); field.remove();
    }
    mm.say(window.mmWords.copied);
    if (!button) return;
    button.classList.add('copied');
    setTimeout(() => button.classList.remove('copied'), 1400);
  };
  document.addEventListener('click', (event) => {
    const button = event.target.closest && event.target.closest('[data-copy]');
    if (button) mm.copy(button.dataset.copy, button);
  });
  /* left and right arrows move within a strip of buttons */
  document.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const strip = step && event.target.closest && event.target.closest('[data-strip]');
    if (!strip) return;
    const all = [...strip.querySelectorAll('button')];
    const next = all[all.indexOf(event.target.closest('button')) + step];
    if (next) { next.focus(); event.preventDefault(); }
  });
  /* buttons in a piece: data-do="use" data-run="2" reach the server as an event with that data */
  mm.buttons = (element, trigger) => element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do]');
    if (!button) return;
    const events = { use: 'select', continue: 'submit', train_on: 'submit', download: 'download', figure: 'download' };
    trigger(events[button.dataset.do] || 'select', { ...button.dataset });
  });
  mm.fetchFile = (id) => setTimeout(() => {
    const place = document.getElementById(id);
    const link = place && (place.matches('a, button') ? place : place.querySelector('a, button'));
    if (link) link.click();
  }, 150);
  mm.copyLink = (query, id) => mm.copy(location.origin + location.pathname + query, document.getElementById(id));

  /* live curve */
  const dashes = { 1: '', 2: '6 4', 3: '1.5 4', 4: '3 3', 5: '10 4' };
  const nice = (span, count) => {
    const raw = span / count, unit = 10 ** Math.floor(Math.log10(raw));
    return [1, 2, 2.5, 5, 10].map((f) => f * unit).find((s) => s >= raw * 0.999);
  };
  const spans = (texts, attributes, x, y, anchor) => ['en', 'zh'].map((l) =>
    `<text class="${l} ${attributes.cls || ''}" x="${x}" y="${y}" font-size="13" text-anchor="${anchor}" style="${attributes.style || ''}">${mm.escape(texts[l])}</text>`).join('');
  function drawCurve(plot, value) {
    const width = plot.clientWidth, height = 210;
    if (!width || !value) return;
    const top = 26, bottom = 180, left = 38, right = width - 10;
    const runs = [...(value.earlier || [])].reverse();
    const steps = Math.max(value.steps || 1, ...runs.map((r) => r.x[r.x.length - 1] || 0));
    const tallest = Math.max(value.top || 0, ...(value.refs || []).map((r) => r.y),
      ...runs.flatMap((r) => r.y), ...(value.y || []));
    const tick = nice(tallest || 1, value.unit ? 4 : 5);
    const high = value.unit ? 1 : Math.ceil((tallest || 1) / tick - 1e-6) * tick;
    const X = (s) => left + (right - left) * s / steps, Y = (v) => bottom - (bottom - top) * Math.min(v, high * 1.04) / high;
    const gap = value.unit ? 0.25 : tick;
    let out = '';
    for (let v = 0; v <= high + 1e-9; v += gap) {
      const y = Y(v).toFixed(1);
      out += `<path d="M${left} ${y}H${right}" stroke="var(--grid)"/><text x="${left - 7}" y="${+y + 4}" font-size="12.5" text-anchor="end">${value.unit ? v.toFixed(2) : +v.toFixed(2)}</text>`;
    }
    for (let quarter = 0; quarter < 4; quarter++) {
      const s = Math.round(steps * quarter / 4);
      if (X(s) > right - 84 || (quarter && steps < 8)) break;
      out += `<text x="${X(s).toFixed(1)}" y="197" font-size="12.5" text-anchor="middle">${s.toLocaleString('en')}</text>`;
    }
    out += `<text x="${right}" y="197" font-size="12.5" text-anchor="end">${steps.toLocaleString('en')}<tspan class="en"> ${window.mmWords.steps.en}</tspan><tspan class="zh"> ${window.mmWords.steps.zh}</tspan></text>`;
    const boxes = [];
    const free = (x, y, w) => { /* the first place near (x, y) where no other name stands */
      for (const shift of [0, 24, -17, 41, -34, 58, -51]) {
        const box = [x, y + shift - 13, x + w, y + shift + 3];
        if (box[1] < 2 || box[3] > bottom + 2) continue;
        if (boxes.every((b) => box[2] < b[0] || box[0] > b[2] || box[3] < b[1] || box[1] > b[3])) { boxes.push(box); return y + shift; }
      }
      return null; /* a name on a name reads as neither: the table names the line too */
    };
    for (const ref of value.refs || []) {
      const y = Y(ref.y), w = Math.max(ref.text.en.length * 6.8, ref.text.zh.length * 10);
      out += `<path d="M${left} ${y.toFixed(1)}H${right}" stroke="var(--body-text-color)" stroke-width="1.8" stroke-dasharray="2 4" stroke-linecap="round"/>`;
      const start = ref.side === 'left' ? left + 4 : right - w;
      boxes.push([start, y - 19, start + w, y - 2]);
      out += spans(ref.text, { cls: 'ref' }, ref.side === 'left' ? left + 4 : right, (y - 6).toFixed(1), ref.side === 'left' ? 'start' : 'end');
    }
    const line = (r, slot, wide) => {
      if (!r.x || !r.x.length) return '';
      const points = r.x.map((s, i) => `${X(s).toFixed(1)},${Y(r.y[i]).toFixed(1)}`).join(' ');
      return `<polyline points="${points}" fill="none" stroke="var(--c${slot})" stroke-width="${wide}" stroke-dasharray="${dashes[slot]}" stroke-linejoin="round" stroke-linecap="round"/>`;
    };
    let names = '';
    const name = (texts, slot, x, y, anchor) => {
      if (y !== null) names += spans(texts, { cls: 'halo', style: `fill:var(--c${slot}t)` }, x.toFixed(1), y.toFixed(1), anchor);
    };
    const own = value.x && value.x.length ? [X(value.x[value.x.length - 1]), Y(value.y[value.y.length - 1])] : null;
    if (own && value.name && runs.length) { /* first, so that this run has its name whatever the others do */
      const at = Math.min(Math.max(own[0], left + 30), right - 24);
      name(value.name, 1, at, free(at - 24, own[1] - 13, 48), 'middle');
    }
    for (const r of runs) {
      out += line(r, r.slot, 2);
      if (!r.x.length) continue;
      const n = r.x.length - 1, x = X(r.x[n]);
      name(r.name, r.slot, x, free(x - 48, Y(r.y[n]) - 7, 48), 'end');
    }
    out += line(value, 1, 2.8);
    if (own) out += `<circle cx="${own[0].toFixed(1)}" cy="${own[1].toFixed(1)}" r="5" fill="var(--c1)" stroke="var(--block-background-fill)" stroke-width="2"/>`;
    plot.innerHTML = `<svg viewBox="0 0 ${width} ${height}" aria-hidden="true">${out}${names}</svg>`;
  }
  mm.curve = (element, props, watch) => {
    const plot = element.querySelector('.plot'), now = element.querySelector('.v'), label = element.querySelector('.sr');
    const caption = element.querySelector('.cap span');
    label.id = mm.id('curve');
    plot.setAttribute('aria-labelledby', label.id);
    const draw = () => {
      const value = props.value || {};
      drawCurve(plot, value);
      now.textContent = value.now || '';
      if (value.title && value.title.en) caption.innerHTML = mm.both(value.title);
      if (value.say) label.innerHTML = mm.both(value.say);
    };
    watch('value', draw);
    new ResizeObserver(draw).observe(plot);
    draw();
  };

  /* 16 x 16: wash to c1, the darkest where a picture and a sentence lie closest */
  mm.matrix = (element, props, watch) => {
    const grid = element.querySelector('.grid16'), hint = element.querySelector('.hint'), look = element.querySelector('.look');
    const label = element.querySelector('.sr');
    label.id = mm.id('matrix');
    grid.setAttribute('aria-labelledby', label.id);
    let side = 0;
    const build = (n) => {
      side = n;
      let cells = '';
      for (let r = 0; r < n; r++) for (let c = 0; c < n; c++)
        cells += `<rect x="${c * 12}" y="${r * 12}" width="11" height="11" rx="2" data-r="${r}" data-c="${c}"/>`;
      grid.innerHTML = `<svg viewBox="0 0 ${n * 12 - 1} ${n * 12 - 1}" aria-hidden="true">${cells}</svg>`;
    };
    const draw = () => {
      const value = props.value || {}, rows = value.matrix || [];
      if (side !== (rows.length || 16)) build(rows.length || 16);
      const flat = rows.flat(), high = Math.max(0.35, ...flat), low = Math.min(0, ...flat) / 2;
      grid.querySelectorAll('rect').forEach((cell) => {
        const v = rows.length ? rows[cell.dataset.r][cell.dataset.c] : low;
        const share = Math.max(0, Math.min(1, (v - low) / (high - low)));
        cell.style.fill = `color-mix(in srgb, var(--c1) ${Math.round(share ** 1.4 * 100)}%, var(--wash))`;
      });
      if (value.say) { hint.innerHTML = mm.both(value.say); label.innerHTML = mm.both(value.label || value.say); }
    };
    const show = (event) => {
      const value = props.value || {}, r = event.target.dataset && event.target.dataset.r, c = event.target.dataset && event.target.dataset.c;
      if (r === undefined || !value.matrix || !value.sentences || !value.sentences[c]) return;
      const picture = (value.pictures || [])[r];
      look.innerHTML = (picture ? `<img src="${mm.escape(picture)}" alt="">` : '<span></span>') +
        `<span><span class="serif">${mm.both(value.sentences[c])}</span> <b>${value.matrix[r][c].toFixed(2)}</b></span>`;
      look.hidden = false;
    };
    grid.addEventListener('pointerover', show);
    grid.addEventListener('click', show);
    watch('value', draw);
    draw();
  };

  /* a slider moves a number beyond its ends when the field is left: here Start says what is wrong with it */
  document.addEventListener('blur', (event) => {
    if (event.target.matches && event.target.matches('.mm-slider input[type=number]')) event.stopPropagation();
  }, true);

  /* status line: drawn often, spoken seldom */
  mm.status = (element, props, watch, trigger) => {
    const shown = element.querySelector('.shown'), spoken = element.querySelector('.sr');
    let last = '', words = '';
    const draw = () => {
      const value = props.value || {};
      if (value.html !== last) { last = value.html; shown.innerHTML = value.html || ''; }
      if ((value.say || '') !== words) { words = value.say || ''; spoken.innerHTML = words; }
    };
    mm.buttons(shown, trigger);
    watch('value', draw);
    draw();
  };
})();

/* Try: picture tools, the evidence picture, ranked rows, the composer */
(() => {
  const mm = window.mm;
  const later = (test, then, tries = 40) => test() ? then() : tries && setTimeout(() => later(test, then, tries - 1), 50);

  document.addEventListener('click', (event) => {
    const button = event.target.closest && event.target.closest('[data-link]');
    if (!button) return;
    const language = document.documentElement.lang === 'en' ? 'en' : 'zh';
    mm.copy(`${location.origin}${location.pathname}${button.dataset.link}&lang=${language}`, button);
  });
  /* on a phone the answer lies below: go there once it has come */
  mm.reveal = (id) => {
    const place = document.getElementById(id);
    if (!place || innerWidth > 760) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    place.scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'start' });
  };

  /* asked for here first: what Gradio says of a refusal is a white box in English */
  mm.cameraGranted = async (told) => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: true });
      stream.getTracks().forEach((track) => track.stop());
      return true;
    } catch (error) { told(error.name === 'NotAllowedError' ? 'refused' : 'absent'); return false; }
  };
  /* our buttons work Gradio's own controls, whose icons are hidden */
  mm.pictureTools = (element, pictureId, cardId) => {
    const inside = (selector) => document.querySelector(`#${pictureId} ${selector}`);
    const card = () => document.getElementById(cardId);
    const source = (n) => { const all = document.querySelectorAll(`#${pictureId} .source-selection button`); if (all[n]) all[n].click(); };
    const upload = () => { source(0); later(() => inside('input[type=file]'), () => inside('input[type=file]').click()); };
    const told = (fault) => element.querySelectorAll('[data-camera]').forEach((line) => { line.hidden = line.dataset.camera !== fault; });
    const camera = async () => {
      if (!await mm.cameraGranted(told)) return;
      source(1);
      later(() => inside('[title="grant webcam access"] button'), () => inside('[title="grant webcam access"] button').click());
    };
    const draw = () => {
      card().classList.add('composing');
      const first = card().querySelector('.composer input:checked');
      if (first) first.focus({ preventScroll: true });
    };
    element.addEventListener('click', (event) => {
      const button = event.target.closest('[data-tool]');
      if (!button) return;
      told('');
      ({ upload, camera, draw })[button.dataset.tool]();
    });
    /* a file that the browser cannot draw gets a plate; errors and loads of a picture do not bubble */
    for (const kind of ['error', 'load']) document.addEventListener(kind, (event) => {
      const frame = event.target.closest && event.target.closest(`#${pictureId} .image-frame`);
      if (!frame) return;
      frame.classList.toggle('broken', kind === 'error');
      told('');
    }, true);
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !card()) return;
      if (card().classList.contains('composing')) mm.closeComposer(card());
      else if (inside('video')) source(0);
    });
    document.addEventListener('paste', (event) => {
      const file = [...((event.clipboardData || {}).files || [])].find((f) => f.type.startsWith('image/'));
      const input = inside('input[type=file]');
      if (!file || !input || !input.closest('.block').offsetParent) return;
      const list = new DataTransfer();
      list.items.add(file);
      input.files = list.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    });
  };
  mm.closeComposer = (card) => {
    card.classList.remove('composing');
    const opener = card.querySelector('[data-tool=draw]');
    if (opener) opener.focus({ preventScroll: true });
  };

  mm.thumbs = (element, trigger) => element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-index]');
    if (!button) return;
    const lang = document.documentElement.lang === 'en' ? 'en' : 'zh';
    trigger('select', { do: 'example', index: button.dataset.index, lang });
  });

  /* an answer to another picture or model than the ones now chosen is dimmed until the next one */
  const chosen = {};
  const weigh = (id) => {
    const card = document.getElementById(id), foot = card && card.querySelector('[data-picture]');
    const { picture, model } = chosen[id] || {};
    const old = foot && ((picture !== undefined && !picture.endsWith(foot.dataset.picture)) || (model !== undefined && model !== foot.dataset.model));
    if (card) card.classList.toggle('old', !!old);
  };
  mm.chose = (id, what, value) => { chosen[id] = { ...chosen[id], [what]: value }; weigh(id); };
  mm.answered = (element, watch, id) => watch('value', () => weigh(id));

  /* the veil is dark where the weight is 0, gone where it is 1, and amber on the way */
  mm.evidence = (element, props, watch) => {
    const canvas = element.querySelector('canvas'), label = element.querySelector('.sr'), hint = element.querySelector('.hint');
    label.id = mm.id('evidence');
    element.querySelector('.pic').setAttribute('aria-labelledby', label.id);
    let image = null, url = '';
    const paint = () => {
      const { grid } = props.value || {};
      if (!image || !grid || !grid.length) return;
      canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
      const pen = canvas.getContext('2d');
      pen.drawImage(image, 0, 0);
      const side = 128, veil = new ImageData(side, side), n = grid.length, m = grid[0].length;
      const at = (r, c) => grid[Math.max(0, Math.min(n - 1, r))][Math.max(0, Math.min(m - 1, c))];
      for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
        const v = (y + 0.5) / side * n - 0.5, u = (x + 0.5) / side * m - 0.5, r = Math.floor(v), c = Math.floor(u), fy = v - r, fx = u - c;
        const w = (at(r, c) * (1 - fx) + at(r, c + 1) * fx) * (1 - fy) + (at(r + 1, c) * (1 - fx) + at(r + 1, c + 1) * fx) * fy;
        const clear = Math.min(1, 1.1 * w ** 0.75), t = clear * clear * (3 - 2 * clear);
        const dark = 0.6 * (1 - t), amber = 0.62 * t * (1 - t) + 0.16 * t, all = dark + amber * (1 - dark), i = 4 * (y * side + x);
        const mix = (a, b) => (a * dark * (1 - amber) + b * amber) / Math.max(1e-6, dark * (1 - amber) + amber);
        veil.data[i] = mix(20, 245); veil.data[i + 1] = mix(26, 166); veil.data[i + 2] = mix(44, 35); veil.data[i + 3] = 255 * all;
      }
      const small = Object.assign(document.createElement('canvas'), { width: side, height: side });
      small.getContext('2d').putImageData(veil, 0, 0);
      pen.imageSmoothingQuality = 'high';
      pen.drawImage(small, 0, 0, canvas.width, canvas.height);
    };
    const draw = () => {
      const value = props.value || {};
      if (value.hint) hint.innerHTML = mm.both(value.hint);
      if (value.say) label.innerHTML = mm.both(value.say);
      if (value.picture && value.picture !== url) {
        const next = new Image();
        next.onload = () => { image = next; paint(); };
        next.src = url = value.picture;
      } else paint();
    };
    watch('value', draw);
    draw();
  };

  /* rows are buttons; the numbers behind an answer are kept for Understand */
  mm.ranking = (element, props, watch, trigger) => {
    element.addEventListener('click', (event) => {
      const button = event.target.closest('[data-do=look]');
      if (!button) return;
      element.querySelectorAll('[data-do=look]').forEach((other) => {
        other.setAttribute('aria-pressed', String(other === button));
        other.closest('tr').classList.toggle('on', other === button);
      });
      trigger('select', { ...button.dataset });
    });
    const tell = () => {
      const numbers = element.querySelector('[data-answer]');
      if (!numbers) return;
      mm.answer = JSON.parse(numbers.dataset.answer);
      document.dispatchEvent(new CustomEvent('mm-answer'));
    };
    watch('value', tell);
    tell();
  };

  mm.composer = (element, trigger) => {
    const form = element.querySelector('form'), name = element.closest('.block').id.replace(/-form$/, '');
    const chosen = (group) => (form.querySelector(`input[name="${name}-${group}"]:checked`) || {}).value || '';
    const scene = () => [chosen('background'), ...[0, 1, 2].filter((i) => chosen(`${i}-kind`))
      .map((i) => ['kind', 'colour', 'size', 'place'].map((part) => chosen(`${i}-${part}`)).join('-'))].join('.');
    let wait = 0;
    form.addEventListener('change', (event) => {
      if (event.target.name === `${name}-thing`) {
        form.querySelectorAll('.thing').forEach((thing) => { thing.hidden = thing.dataset.thing !== event.target.value; });
        return;
      }
      clearTimeout(wait);
      wait = setTimeout(() => trigger('select', { scene: scene() }), 60);
    });
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('click', (event) => {
      const button = event.target.closest('[data-do]');
      if (!button) return;
      if (button.dataset.do !== 'close') trigger(button.dataset.do, { scene: scene() });
      if (button.dataset.do !== 'download') mm.closeComposer(element.closest('.composing'));
    });
  };
})();
