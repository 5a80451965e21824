/* Understand fusion: the three formulas with small example numbers that its sliders move.
   Runs in the browser alone and asks the server for nothing. */
(function begin() {
  const all = (name) => [...element.querySelectorAll(`[data-n="${name}"]`)];
  const one = (name) => all(name)[0];
  const number = (v, digits = 2) => v.toFixed(digits).replace('-', '−');
  const put = (name, v, digits) => all(name).forEach((place) => { place.textContent = typeof v === 'string' ? v : number(v, digits); });
  const bar = (name, share) => element.querySelectorAll(`[data-bar="${name}"]`).forEach((place) => { place.style.width = `${(100 * Math.max(0, Math.min(1, share))).toFixed(1)}%`; });
  const softmax = (values) => {
    const high = Math.max(...values), raised = values.map((v) => Math.exp(v - high)), sum = raised.reduce((a, b) => a + b);
    return raised.map((v) => v / sum);
  };
  const slider = (name, move) => {
    const range = one(name);
    const moved = () => { put(`${name}-now`, +range.value); move(+range.value); };
    range.addEventListener('input', moved);
    moved();
  };

  /* early: one unit answers to both senses together, one to sight without sound */
  slider('early', (a) => {
    const v = 0.9;
    put('early-v', v); put('early-a', a);
    put('early-both', Math.max(0, v + a - 1)); put('early-sight', Math.max(0, v - a));
  });

  /* late: each sense's logits, weighed by one alpha for every sample */
  const logits = { drum: { v: 2.4, a: 0.6 }, coin: { v: 1.2, a: 2.6 } }, most = 3;
  slider('late', (alpha) => {
    const names = Object.keys(logits), z = names.map((n) => alpha * logits[n].v + (1 - alpha) * logits[n].a), p = softmax(z);
    put('late-alpha', alpha); put('late-rest', 1 - alpha);
    names.forEach((n, i) => {
      const { v, a } = logits[n];
      put(`late-v-${n}`, v, 1); put(`late-a-${n}`, a, 1); put(`late-z-${n}`, z[i]); put(`late-p-${n}`, `${Math.round(100 * p[i])}%`);
      bar(`late-v-${n}`, v / most); bar(`late-a-${n}`, a / most);
      bar(`late-zv-${n}`, alpha * v / most); bar(`late-za-${n}`, (1 - alpha) * a / most); bar(`late-p-${n}`, p[i]);
      element.querySelector(`[data-class="${n}"]`).classList.toggle('on', p[i] === Math.max(...p));
    });
  });

  /* attention: the sound's score falls as its noise grows, the weights follow, and z with them */
  const h = { v: [0.9, 0.1, 0.4], a: [0.1, 0.8, 0.7] };
  slider('noise', (noise) => {
    const scores = [0.5, 2.5 - 5 * noise], [wv, wa] = softmax(scores);
    put('score-v', scores[0]); put('score-a', scores[1]);
    put('weight-v', wv); put('weight-a', wa); bar('weight-v', wv); bar('weight-a', wa);
    for (let k = 0; k < 3; k++) {
      const z = wv * h.v[k] + wa * h.a[k];
      put(`h-v-${k}`, h.v[k]); put(`h-a-${k}`, h.a[k]); put(`z-${k}`, z);
      bar(`h-v-${k}`, h.v[k]); bar(`h-a-${k}`, h.a[k]); bar(`z-${k}`, z);
    }
  });
})();
