/* Understand fusion: the three formulas with the numbers of the visitor's last answer, which Try's
   head card carries where both senses were given, else our example's; sliders move them on.
   Runs in the browser alone and asks the server for nothing. */
(function begin() {
  if (!window.mm) { setTimeout(begin, 30); return; }
  const mm = window.mm;
  const all = (name) => element.querySelectorAll(`[data-n="${name}"]`);
  const write = (name, html) => all(name).forEach((place) => { place.innerHTML = html; });
  const number = (v, digits = 2) => (+v.toFixed(digits) || 0).toFixed(digits).replace('-', '−'); // no −0.00
  const signed = (v) => number(v).replace(/^(−?)/, (_, minus) => minus ? '− ' : '+ ');
  const put = (name, v, digits) => write(name, number(v, digits));
  const bar = (name, share) => element.querySelectorAll(`[data-bar="${name}"]`).forEach((place) => { place.style.width = `${(100 * Math.max(0, Math.min(1, share))).toFixed(1)}%`; });
  const softmax = (values) => {
    const high = Math.max(...values), raised = values.map((v) => Math.exp(v - high)), sum = raised.reduce((a, b) => a + b);
    return raised.map((v) => v / sum);
  };
  /* slide(low, own, high, move): starts at one's own value, exactly, and goes on in steps */
  const slider = (name, digits = 2) => {
    const range = all(name)[0];
    let moved;
    range.addEventListener('input', () => moved(+range.value));
    return (low, own, high, move) => {
      moved = (v) => { put(`${name}-now`, v, digits); range.setAttribute('aria-valuetext', number(v, digits)); move(v); };
      Object.assign(range, { min: low, max: high, value: own });
      moved(own);
    };
  };
  const slide = { early: slider('early'), late: slider('late', 3), attention: slider('score') };

  const draw = {
    /* the part of each sense in a unit's input; less of the sound is less of its part */
    early: (units) => slide.early(0, 1, 1, (share) => units.forEach(([v, a, b], k) => {
      put(`early-v-${k}`, v); write(`early-a-${k}`, signed(share * a)); write(`early-b-${k}`, signed(b));
      put(`early-z-${k}`, Math.max(0, v + share * a + b));
    })),

    /* each sense's logits, weighed by one alpha for every sample; two classes of all are shown */
    late: ({ alpha: learned, logits, names, said }) => {
      const shown = [0, 1], most = Math.max(1e-6, ...shown.flatMap((k) => logits[k])), agree = logits.every(([v, a]) => v <= logits[0][0] && a <= logits[0][1]);
      put('learned', learned, 3); write('classes', logits.length);
      write('seen', mm.both(said[0])); write('heard', mm.both(said[1]));
      element.querySelectorAll('[data-says]').forEach((place) => { place.hidden = (place.dataset.says === 'agree') !== agree; });
      const bracket = (v) => v < 0 ? `(${number(v, 1)})` : number(v, 1);
      slide.late(0, learned, 1, (alpha) => {
        const z = logits.map(([v, a]) => alpha * v + (1 - alpha) * a), p = softmax(z);
        put('late-alpha', alpha, 3); put('late-rest', 1 - alpha, 3);
        shown.forEach((k) => {
          const [v, a] = logits[k], parts = [alpha * v, (1 - alpha) * a].map((part) => Math.max(0, part));
          const left = Math.max(0, z[k]) / (parts[0] + parts[1] || 1) / most; // a negative part shortens the other one's bar
          write(`late-name-${k}`, mm.both(names[k])); write(`late-v-${k}-in`, bracket(v)); write(`late-a-${k}-in`, bracket(a));
          put(`late-v-${k}`, v, 1); put(`late-a-${k}`, a, 1); put(`late-z-${k}`, z[k], 1); write(`late-p-${k}`, `${Math.round(100 * p[k])}%`);
          bar(`late-v-${k}`, v / most); bar(`late-a-${k}`, a / most);
          bar(`late-zv-${k}`, parts[0] * left); bar(`late-za-${k}`, parts[1] * left); bar(`late-p-${k}`, p[k]);
          element.querySelector(`[data-class="${k}"]`).classList.toggle('on', p[k] === Math.max(...p));
        });
      });
    },

    /* the slider takes the sound's score from hardly any weight to nearly all; z follows the weights */
    attention: ({ scores: [sight, own], units }) => {
      const most = Math.max(1e-6, ...units.flat());
      slide.attention(Math.min(sight, own) - 4, own, Math.max(sight, own) + 4, (sound) => {
        const [wv, wa] = softmax([sight, sound]);
        put('score-v', sight); put('score-a', sound);
        put('weight-v', wv); put('weight-a', wa); bar('weight-v', wv); bar('weight-a', wa);
        units.forEach(([v, a], k) => {
          const z = wv * v + wa * a;
          put(`h-v-${k}`, v); put(`h-a-${k}`, a); put(`z-${k}`, z);
          bar(`h-v-${k}`, v / most); bar(`h-a-${k}`, a / most); bar(`z-${k}`, z / most);
        });
      });
    },
  };

  const example = JSON.parse(element.querySelector('[data-terms]').dataset.terms);
  let last = null;
  const show = () => {
    const answer = document.querySelector('#fusion-head .answer[data-terms]'), told = answer ? answer.dataset.terms : '';
    if (told === last) return; // what was slid stays
    last = told;
    const own = answer ? JSON.parse(told) : {};
    if (answer) write('verdict', answer.innerHTML.replace(/<\/?em>/g, ''));
    Object.keys(draw).forEach((name) => {
      element.querySelectorAll(`[data-example="${name}"]`).forEach((place) => { place.hidden = !!own[name]; });
      element.querySelectorAll(`[data-own="${name}"]`).forEach((place) => { place.hidden = !own[name]; });
      draw[name](own[name] || example[name]);
    });
  };
  /* an answer may come late, with this panel open; and Try may not be there before it was opened */
  const answers = new MutationObserver(show);
  new ResizeObserver(() => {
    const head = document.getElementById('fusion-head');
    if (head) answers.observe(head, { childList: true, subtree: true });
    show();
  }).observe(element);
  show();
})();
