/* Try of captioning: a word is chosen, its evidence painted, another word asked for; the sentence is read
   aloud by the browser. */
(function begin() {
  if (!window.mm) { setTimeout(begin, 30); return; }
  const still = () => {};
  let told = { words: [] }, paintLarge = still;

  const choose = (button) => {
    const place = button.dataset.word;
    element.querySelectorAll('.cp-words [data-word]').forEach((other) => {
      other.setAttribute('aria-pressed', String(other === button));
      other.tabIndex = other === button ? 0 : -1;
    });
    element.querySelectorAll('[data-for]').forEach((block) => { block.hidden = block.dataset.for !== place; });
    document.querySelectorAll('#captioning-head .cp-said [data-place]').forEach((word) =>
      word.classList.toggle('on', word.dataset.place === place));
    paintLarge(place);
  };

  const draw = () => {
    const kept = element.querySelector('[data-evidence]');
    if (!kept) return;
    told = JSON.parse(kept.dataset.evidence);
    paintLarge = still;
    const large = element.querySelector('.cp-ev');
    if (large && told.picture) {
      element.querySelectorAll('.cp-words [data-word]').forEach((button) => {
        const { grid } = told.words[button.dataset.word];
        mm.evidence(button, { value: { picture: told.small, grid } }, still);
      });
      const props = { value: {} };
      let again = still;
      mm.evidence(large, props, (_, redraw) => { again = redraw; });
      paintLarge = (place) => { props.value = { picture: told.picture, ...told.words[place] }; again(); };
    }
    const first = element.querySelector('.cp-words [aria-pressed=true]');
    if (first) requestAnimationFrame(() => choose(first)); /* the sentence is drawn by another piece */
  };

  element.addEventListener('click', (event) => {
    const word = event.target.closest('.cp-words [data-word]'), other = event.target.closest('[data-do=instead]');
    if (word) choose(word);
    if (!other) return;
    element.querySelectorAll('[data-do=instead]').forEach((each) => each.setAttribute('aria-pressed', String(each === other)));
    trigger('select', { ...other.dataset });
  });
  /* arrow keys move the focus within the strip (page.js): the word under it is the chosen one */
  element.addEventListener('focusin', (event) => {
    const word = event.target.closest('.cp-words [data-word]');
    if (word && word.getAttribute('aria-pressed') !== 'true') choose(word);
  });
  watch('value', draw);
  draw();

  if (mm.aloud) return;
  const speech = window.speechSynthesis;
  document.documentElement.classList.toggle('can-speak', !!speech);
  mm.aloud = (button) => {
    const speaking = button.getAttribute('aria-pressed') === 'true';
    speech.cancel();
    document.querySelectorAll('[data-speak]').forEach((each) => each.setAttribute('aria-pressed', 'false'));
    if (speaking) return;
    const said = new SpeechSynthesisUtterance(button.dataset.speak);
    said.lang = button.dataset.lang;
    said.onend = said.onerror = () => button.setAttribute('aria-pressed', 'false');
    button.setAttribute('aria-pressed', 'true');
    speech.speak(said);
  };
  document.addEventListener('click', (event) => {
    const button = event.target.closest && event.target.closest('[data-speak]');
    if (button) mm.aloud(button);
  });
})();
