/* The grid of hits: a press marks one and asks where the model looked. Once the panel is seen, it asks
   for one's own pictures. */
(function begin() {
  if (!window.mm) { setTimeout(begin, 30); return; }
  element.addEventListener('click', (event) => {
    const hit = event.target.closest('[data-do=look]');
    if (!hit) return;
    element.querySelectorAll('[data-do=look]').forEach((other) => other.setAttribute('aria-pressed', String(other === hit)));
    trigger('select', { ...hit.dataset });
  });
  trigger('submit', {});
})();
