/* The drawing pad. Strokes are kept as points from 0 to 1, so that they can be drawn at any size:
   on the page over the grid, and on white for the picture that is sent. */
window.mm.pad = (element, props, watch, trigger, side) => {
  const mm = window.mm, canvas = element.querySelector('canvas'), label = element.querySelector('.sr');
  const here = element.querySelector('.here'), buttons = [...element.querySelectorAll('[data-pad]')];
  label.id = mm.id('pad');
  canvas.setAttribute('aria-labelledby', label.id);
  let strokes = [], drawing = null, clear = (props.value || {}).clear;

  const draw = (surface, paper) => {
    const n = surface.width, pen = surface.getContext('2d');
    pen.clearRect(0, 0, n, n);
    if (paper) { pen.fillStyle = '#fff'; pen.fillRect(0, 0, n, n); }
    pen.strokeStyle = '#000';
    pen.lineWidth = n / 14;
    pen.lineCap = pen.lineJoin = 'round';
    for (const points of strokes) {
      pen.beginPath();
      pen.moveTo(points[0][0] * n, points[0][1] * n);
      /* through the middles, so that quick strokes are round too */
      for (let i = 1; i < points.length - 1; i++) {
        const [x, y] = points[i], [u, v] = points[i + 1];
        pen.quadraticCurveTo(x * n, y * n, (x + u) / 2 * n, (y + v) / 2 * n);
      }
      const [x, y] = points[points.length - 1];
      pen.lineTo(x * n + 0.01, y * n); /* a line of no length would not be drawn: this one is a dot */
      pen.stroke();
    }
  };
  const show = () => {
    const width = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
    if (width && canvas.width !== width) canvas.width = canvas.height = width;
    draw(canvas, false);
    here.hidden = strokes.length > 0;
    /* not `disabled`, which would drop the focus */
    buttons.forEach((button) => button.setAttribute('aria-disabled', String(!strokes.length)));
  };
  const tell = () => {
    if (!strokes.length) { trigger('input', { image: '' }); return; }
    const picture = Object.assign(document.createElement('canvas'), { width: side, height: side });
    draw(picture, true);
    trigger('input', { image: picture.toDataURL('image/png') });
  };

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (drawing !== null || event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    drawing = event.pointerId;
    canvas.setPointerCapture(drawing);
    strokes.push([place(event)]);
    show();
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.pointerId !== drawing) return;
    const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    strokes[strokes.length - 1].push(...(steps.length ? steps : [event]).map(place));
    show();
  });
  const end = (event) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    tell();
  };
  for (const kind of ['pointerup', 'pointercancel', 'lostpointercapture']) canvas.addEventListener(kind, end);

  element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-pad]');
    if (!button || !strokes.length || drawing !== null) return;
    strokes = button.dataset.pad === 'undo' ? strokes.slice(0, -1) : [];
    show();
    tell();
  });
  watch('value', () => {
    const wanted = (props.value || {}).clear;
    if (wanted !== undefined && wanted !== clear) { strokes = []; drawing = null; }
    clear = wanted;
    show();
  });
  new ResizeObserver(show).observe(canvas);
  show();
};
