"""Two languages on one page: native components switch in the browser, without a request.

What we draw ourselves carries both languages (`words.both`) and the style sheet shows one. Labels,
placeholders and choices of Gradio's components are plain strings, so they stand in a registry, and
one event that runs in the browser only rewrites them all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import gradio as gr

from mm_demo import words

AnyComponent = TypeVar("AnyComponent")
_LOAD = """() => {
  const asked = new URLSearchParams(location.search).get('lang');
  return ['en', 'zh'].includes(asked) ? asked : mmLanguage();
}"""
_SWITCH = """(language) => {
  const all = %s, narrow = %s, runs = %s;
  try { localStorage.setItem('mm-language', language); } catch (e) {}
  mm.setLanguage(language);
  const updates = all[language];
  if (innerWidth <= 760) for (const i in narrow[language]) updates[i].label = narrow[language][i];
  for (const i in runs) {
    const own = document.querySelector(`#${runs[i]}-runs [data-models]`);
    const names = own ? own.dataset.models.split(' ').filter(Boolean) : [];
    updates[i] = {...updates[i], choices: updates[i].choices.concat(names.map(m => [m, m]))};
  }
  return updates.length === 1 ? updates[0] : updates;
}"""


class Language:
    """The registry of one page, and the switch itself."""

    def __init__(self) -> None:
        self._components: list[Any] = []
        self._keys: list[dict[str, str]] = []
        self._choices: list[dict[str, str]] = []
        self._narrow: dict[int, str] = {}
        self._runs: dict[int, str] = {}

    def add(
        self,
        component: AnyComponent,
        *,
        choices: Mapping[str, str] | None = None,
        narrow: str | None = None,
        runs: str | None = None,
        **keys: str,
    ) -> AnyComponent:
        """Register `component`: each property in `keys` shows the sentence under its key.

        `choices` maps a choice's value to its key, `narrow` is the key of a tab's label on a phone,
        `runs` the name of the case whose visitor's runs follow the choices. English is set at once.
        """
        place = len(self._components)
        self._components.append(component)
        self._keys.append(dict(keys))
        self._choices.append(dict(choices or {}))
        if narrow:
            self._narrow[place] = narrow
        if runs:
            self._runs[place] = runs
        for prop, value in self._update(place, "en").items():
            setattr(
                component, prop, [tuple(pair) for pair in value] if prop == "choices" else value
            )
        if getattr(component, "interactive", True) is None:
            component.interactive = True  # type: ignore[attr-defined]
        return component

    def choices_with_runs(self, component: Any, language: str, models: list[str]) -> Any:
        """The update that puts this visitor's models behind a component's own choices."""
        place = self._components.index(component)
        own = self._update(place, language)["choices"]
        return gr.update(choices=[tuple(pair) for pair in own] + [(m, m) for m in models])

    def wire(self, demo: gr.Blocks, switch: gr.Radio) -> None:
        """Connect the switch; call it once, when every component is registered."""
        languages = tuple(words.LANGUAGES)
        updates = {
            language: [
                {"__type__": "update", **self._update(place, language)}
                for place in range(len(self._components))
            ]
            for language in languages
        }
        narrow = {
            language: {i: words.say(language, key) for i, key in self._narrow.items()}
            for language in languages
        }
        js = _SWITCH % tuple(
            json.dumps(part, ensure_ascii=False) for part in (updates, narrow, self._runs)
        )
        switch.change(None, switch, self._components, js=js, api_visibility="private")
        demo.load(None, None, switch, js=_LOAD, api_visibility="private")

    def _update(self, place: int, language: str) -> dict[str, Any]:
        said: dict[str, Any] = {
            prop: words.say(language, key) for prop, key in self._keys[place].items()
        }
        if self._choices[place]:
            said["choices"] = [
                [words.say(language, key), value] for value, key in self._choices[place].items()
            ]
        return said
