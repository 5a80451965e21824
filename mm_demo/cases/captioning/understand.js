/* Understand captioning: the script asks the server for an example's numbers, and works with them here:
   the product of the words' probabilities, a word's attention at another temperature. */
(function begin() {
  if (!window.mm) { setTimeout(begin, 30); return; }
  const mm = window.mm;
  const one = (name) => element.querySelector(`[data-n="${name}"]`);
  const put = (name, html) => element.querySelectorAll(`[data-n="${name}"]`).forEach((place) => { place.innerHTML = html; });
  const figure = (v, digits = 2) => v.toFixed(digits).replace('-', '−');
  const small = (v) => v >= 0.0995 ? v.toFixed(2) : v.toPrecision(2).replace('e-', ' · 10<sup>−').replace(/(10<sup>−\d+)$/, '$1</sup>');
  const tag = (language) => language === 'zh' ? 'zh-CN' : 'en';
  const page = () => document.documentElement.lang.startsWith('zh') ? 'zh' : 'en';
  let data = null, index = 0, asked = '', word = 0, place = -1, seed = 0, picked = '';

  const ask = (what, more = {}) => {
    element.classList.add('ce-waits');
    trigger('select', { do: what, index, language: page(), ...more });
  };
  const example = () => {
    const wanted = `${index} ${page()}`;
    if (asked === wanted || !element.clientWidth) return; // not before somebody looks
    asked = wanted;
    ask('example');
  };

  /* (a) the words of the last answer in Try, else of the example: the product goes on */
  const visitors = () => {
    const said = [...document.querySelectorAll('.cp-words button[data-word]')].map((button) => ({
      word: button.querySelector('.w').textContent, probability: Math.max(0.005, +button.querySelector('.p').textContent), lang: button.querySelector('.w').lang,
    }));
    return said.length ? said : null;
  };
  const chain = () => {
    const own = visitors();
    if (!own && !data) return;
    one('chain-own').hidden = !own; one('chain-example').hidden = !!own;
    const said = own || [...data.words.map((each) => ({ ...each, lang: tag(data.language) })), { word: '', probability: data.end }];
    let product = 1;
    put('chain', said.map(({ word: text, probability, lang }) => {
      product *= probability;
      return `<tr><th scope="row" class="serif" lang="${lang || ''}">${text ? mm.escape(text) : one('end-word').innerHTML}</th><td class="b"><div class="bar"><i style="width:${(100 * probability).toFixed(1)}%"></i></div></td><td class="n">${figure(probability)}</td><td class="n">${small(product)}</td></tr>`;
    }).join(''));
    const log = Math.log(product);
    put('log', figure(log)); put('mean', figure(Math.exp(log / said.length)));
  };

  /* (b) softmax at another temperature needs no scores: the weights to the power of 1 / temperature */
  const draw = () => {
    const cells = data.weights, some = !!cells;
    one('no-attention').hidden = some;
    element.querySelector('.ce-look').hidden = !some;
    if (!some) return;
    const tau = 2 ** +one('sharpness').value, side = data.side;
    const raised = cells[word].map((w) => w ** (1 / tau)), sum = raised.reduce((a, b) => a + b);
    const alpha = raised.map((w) => w / sum), most = Math.max(...alpha);
    const order = alpha.map((w, i) => i).sort((a, b) => alpha[b] - alpha[a]);
    const entropy = -alpha.reduce((total, w) => total + (w > 0 ? w * Math.log(w) : 0), 0);
    put('tau', figure(tau)); one('sharpness').setAttribute('aria-valuetext', figure(tau));
    put('mixed', `${order.slice(0, 3).map((i) => `<b>${figure(alpha[i])}</b> <span class="hi"><i>v</i><sub>${Math.floor(i / side) + 1},${(i % side) + 1}</sub></span>`).join(' + ')} + …`);
    put('cells', figure(Math.exp(entropy), 1)); put('all', cells[word].length);
    const unit = 100 / side;
    const squares = alpha.map((w, i) => {
      const at = `x="${(i % side) * unit}" y="${Math.floor(i / side) * unit}" width="${unit}" height="${unit}" shape-rendering="crispEdges"`;
      return `<rect ${at} fill="var(--veil)" opacity="${(0.72 * (1 - w / most)).toFixed(3)}"/><rect ${at} fill="var(--glow)" opacity="${(0.42 * w / most).toFixed(3)}"/>`;
    }).join('');
    const top = order.slice(0, 3).map((i) => {
      const x = (i % side) * unit, y = Math.floor(i / side) * unit;
      return `<rect x="${x + 0.3}" y="${y + 0.3}" width="${unit - 0.6}" height="${unit - 0.6}" class="top"/>`;
    }).join('');
    put('map', `<svg viewBox="0 0 100 100" aria-hidden="true"><image href="${data.picture}" width="100" height="100"/>${squares}${top}</svg>`);
    put('most', order.slice(0, 5).map((i) => `<li><span>(${Math.floor(i / side) + 1}, ${(i % side) + 1})</span><span class="bar"><i style="width:${(100 * alpha[i]).toFixed(1)}%"></i></span><b>${figure(alpha[i], 3)}</b></li>`).join(''));
  };
  const buttons = (name, texts, chosen, language) => put(name, texts.map((text, i) =>
    `<button type="button" class="ce-word" data-at="${i}" aria-pressed="${i === chosen}" lang="${tag(language)}">${mm.escape(text)}</button>`).join(''));
  const strip = () => buttons('strip', data.words.map((each) => each.word), word, data.language);

  /* (c) a wrong word in the sentence */
  const slips = () => {
    buttons('slip-words', data.words.map((each) => each.word), place, data.language);
    one('slip-ask').hidden = place < 0;
    put('word', place < 0 ? '' : mm.escape(data.words[place].word));
    const wrong = place < 0 ? [] : data.wrong[place];
    buttons('slip-wrong', wrong, wrong.indexOf(picked), data.language);
  };

  const longest = (words) => words.reduce((best, each, i) => each.word.length > words[best].word.length ? i : best, 0);
  const answers = {
    example: (value) => {
      if (value.index !== index) return; // another was chosen meanwhile
      data = value; word = longest(data.words); place = -1; picked = ''; seed = 0;
      one('sharpness').value = 0;
      put('forcing', data.forcing); put('decoding', data.decoding); put('slip', '');
      one('sentence').value = data.sentence; one('references').value = data.references.join('\n');
      strip(); draw(); slips(); chain(); count();
    },
    dice: (value) => put('decoding', value.decoding),
    slip: (value) => put('slip', value.slip),
    bleu: (value) => put('steps', value.steps),
  };
  const faults = { bleu: 'steps', slip: 'slip' };
  const count = () => ask('bleu', { sentence: one('sentence').value, references: one('references').value });
  const told = () => {
    const value = props.value || {};
    if (!value.do) return;
    element.classList.remove('ce-waits');
    put('fault', '');
    if (value.error) { put(faults[value.do] || 'fault', value.error); if (value.do === 'example') asked = ''; } else answers[value.do](value);
  };

  element.addEventListener('click', (event) => {
    const button = event.target.closest('button'), group = button && button.closest('[data-n]');
    if (!button) return;
    if (button.dataset.example !== undefined) {
      index = +button.dataset.example;
      element.querySelectorAll('[data-example]').forEach((each) => each.setAttribute('aria-pressed', each === button));
      example();
    } else if (button.dataset.do === 'dice') { seed += 1; ask('dice', { seed }); } else if (button.dataset.do === 'bleu') count();
    else if (button.dataset.at !== undefined) {
      const at = +button.dataset.at, name = group.dataset.n;
      if (name === 'strip') { word = at; strip(); draw(); }
      if (name === 'slip-words') { place = at; picked = ''; put('slip', ''); slips(); }
      if (name === 'slip-wrong') { picked = data.wrong[place][at]; slips(); ask('slip', { place, word: picked }); }
      const again = one(name).querySelector(`[data-at="${at}"]`);
      if (again) again.focus();
    }
  });
  one('sentence').addEventListener('keydown', (event) => { if (event.key === 'Enter') count(); });
  one('sharpness').addEventListener('input', draw);
  watch('value', told);
  new ResizeObserver(() => { example(); chain(); }).observe(element);
  new MutationObserver(example).observe(document.documentElement, { attributes: true, attributeFilter: ['lang'] });
  example();
})();
