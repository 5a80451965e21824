/* Try of TimeSformer: the clip's tools, the form of Make one, stretches, the film strip. */
(() => {
  if (!window.mm || mm.film) return;
  const later = (test, then, tries = 60) => test() ? then() : tries && setTimeout(() => later(test, then, tries - 1), 50);
  const inside = (selector) => document.querySelector(`#timesformer-clip ${selector}`);
  const card = () => document.getElementById('timesformer-clip-card');

  /* our buttons work Gradio's own controls, whose icons are hidden */
  const tools = (element) => {
    const told = (what) => element.querySelectorAll('[data-told]').forEach((line) => { line.hidden = line.dataset.told !== what; });
    const source = (n) => { const all = document.querySelectorAll('#timesformer-clip .source-selection button'); if (all[n]) all[n].click(); };
    const clear = () => { const button = inside('.icon-button-wrapper button[aria-label="Clear"], button[aria-label="Clear"]'); if (button) button.click(); };
    /* a chooser of our own: who closes it without a choice keeps the clip that is there */
    const chooser = Object.assign(document.createElement('input'), { type: 'file', accept: 'video/*,.mkv,.avi,.mpg,.mpeg,.gif' });
    const upload = () => { chooser.value = ''; chooser.click(); };
    chooser.addEventListener('change', () => {
      if (!chooser.files.length) return;
      clear();
      later(() => inside('.source-selection') && !inside('.top-panel'), () => {
        source(0);
        later(() => inside('input[type=file]'), () => {
          const input = inside('input[type=file]');
          input.files = chooser.files;
          input.dispatchEvent(new Event('change', { bubbles: true }));
        });
      });
    });
    const record = async () => {
      if (!await mm.cameraGranted(told)) return;
      clear();
      later(() => inside('.source-selection'), () => {
        source(1);
        later(() => inside('[title="grant webcam access"] button'), () => inside('[title="grant webcam access"] button').click());
      });
    };
    const make = () => {
      card().classList.add('composing');
      const first = card().querySelector('.composer input:checked');
      if (first) first.focus({ preventScroll: true });
    };
    element.addEventListener('click', (event) => {
      const button = event.target.closest('[data-tool]');
      if (!button) return;
      told('');
      ({ upload, record, make })[button.dataset.tool]();
    });
    /* what the browser cannot play gets a plate and our words; Gradio's, in English, are kept away */
    for (const kind of ['error', 'loadeddata']) document.addEventListener(kind, (event) => {
      if (!event.target.matches || !event.target.matches('#timesformer-clip video')) return;
      if (kind === 'error') event.stopImmediatePropagation();
      told(kind === 'error' ? 'unplayable' : '');
      card().classList.toggle('unplayable', kind === 'error');
    }, true);
    /* a clip that was made here can be kept: its name tells it from the visitor's own */
    const row = element.querySelector('.tools'), link = element.querySelector('template').content.firstElementChild;
    const offer = () => {
      const video = inside('video'), made = !!video && /\/clip\.[^/]+$/.test(video.src);
      if (made) link.href = video.src;
      if (made !== link.isConnected) made ? row.append(link) : link.remove();
    };
    new MutationObserver(offer).observe(card(), { childList: true, subtree: true, attributes: true, attributeFilter: ['src'] });
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !card()) return;
      if (card().classList.contains('composing')) close();
      else if (inside('.capture-button')) source(0);
    });
  };
  const close = () => {
    card().classList.remove('composing');
    const opener = card().querySelector('[data-tool=make]');
    if (opener) opener.focus({ preventScroll: true });
  };

  /* a chain of moves: each button adds one, each chip takes itself away */
  const make = (element, trigger) => {
    const form = element.querySelector('form'), chain = form.querySelector('.tf-chain');
    const none = chain.innerHTML, remove = form.querySelector('template').innerHTML;
    const moves = [];
    const draw = () => {
      chain.innerHTML = moves.length ? moves.map((move, place) => {
        const own = form.querySelector(`[data-move=${move}]`);
        const name = (language) => { const found = own.querySelector(`.${language}`); return found ? found.textContent : own.textContent; };
        let tick = 0;
        const said = remove.replace(/\ue000/g, () => name(tick++ ? 'zh' : 'en'));
        return `<button type="button" class="chip" data-place="${place}">${own.innerHTML}${said}<span aria-hidden="true">×</span></button>`;
      }).join('<span aria-hidden="true">→</span>') : none;
      form.querySelectorAll('[data-move]').forEach((button) => {
        button.setAttribute('aria-disabled', String(moves.length >= +form.dataset.most));
      });
    };
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('click', (event) => {
      const add = event.target.closest('[data-move]'), chip = event.target.closest('[data-place]'), act = event.target.closest('[data-do]');
      if (add && moves.length < +form.dataset.most) { moves.push(add.dataset.move); draw(); }
      if (chip) {
        moves.splice(+chip.dataset.place, 1);
        draw();
        (chain.querySelector('button') || form.querySelector('[data-move]')).focus();
      }
      if (!act) return;
      if (act.dataset.do === 'film') {
        const scene = (card().querySelector('input[name=timesformer-scene]:checked') || {}).value || '';
        trigger('submit', { scene, moves: moves.join(' ') });
        if (!moves.length) return;
      }
      close();
    });
    draw();
  };

  /* a name that has no room is left out: a press tells it below */
  const stretches = (element, trigger, watch) => {
    const fit = () => element.querySelectorAll('[data-do=look]').forEach((button) => {
      const name = button.querySelector('[aria-hidden]');
      button.classList.remove('narrow');
      button.classList.toggle('narrow', name.scrollWidth > name.clientWidth);
    });
    element.addEventListener('click', (event) => {
      const button = event.target.closest('[data-do=look]');
      if (!button) return;
      element.querySelectorAll('[data-do=look]').forEach((other) => other.setAttribute('aria-pressed', String(other === button)));
      trigger('select', { ...button.dataset });
      fit();
    });
    watch('value', () => requestAnimationFrame(fit));
    new ResizeObserver(fit).observe(element);
    new MutationObserver(fit).observe(document.documentElement, { attributes: true, attributeFilter: ['lang'] });
    fit();
  };

  /* each frame is an evidence picture of its own */
  const strip = (element, props, watch) => {
    const shown = element.querySelector('.shown');
    const draw = () => {
      const value = props.value || {};
      shown.innerHTML = value.html || '';
      const places = shown.querySelectorAll('.tf-film > .ev');
      (value.frames || []).forEach((frame, k) => mm.evidence(places[k], { value: frame }, () => {}));
    };
    watch('value', draw);
    draw();
  };

  mm.film = { tools, make, stretches, strip };
})();
