"""The loaded models: one object, made by app.py or cli.py and handed to whoever answers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from mm_demo.cases import find

MOST_LOADED = 12


def trained_on(folder: Path) -> str:
    """The data set that a checkpoint's run.json names; "" where there is no such file."""
    from mm_demo import store  # brings torch, which no page waits for

    run = store.read_json(folder / store.RUN) if (folder / store.RUN).exists() else {}
    return str(run.get("dataset", ""))


class Predictors:
    """Loads a checkpoint folder once and keeps the models used last. Thread-safe.

    Knows of no visitor: who may use which folder is decided by whoever asks.
    """

    def __init__(self) -> None:
        self._loaded: OrderedDict[tuple[str, Path], Any] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: dict[tuple[str, Path], threading.Lock] = {}

    def get(self, case: str, folder: Path | None = None) -> Any:
        """The predictor of a checkpoint, of the case's bundled one if no folder is named.

        Which of the case's predictors that is follows from the data set that it was trained on.

        Two callers who ask for a model at once wait for one load. UserError for a broken folder.
        """
        key = (case, Path(folder or find(case).checkpoint()).resolve())
        with self._lock:
            if key in self._loaded:
                self._loaded.move_to_end(key)
                return self._loaded[key]
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            try:
                with self._lock:
                    if key in self._loaded:
                        return self._loaded[key]
                kind = find(case).module("predict", trained_on(key[1]))
                predictor = kind.Predictor(key[1])
                with self._lock:
                    self._loaded[key] = predictor
                    while len(self._loaded) > MOST_LOADED:
                        self._loaded.popitem(last=False)
                return predictor
            finally:
                with self._lock:
                    self._loading.pop(key, None)

    def forget(self, folder: Path) -> None:
        """Drop what was loaded from a folder that is gone or written anew."""
        gone = Path(folder).resolve()
        with self._lock:
            for key in [key for key in self._loaded if key[1] == gone]:
                del self._loaded[key]
