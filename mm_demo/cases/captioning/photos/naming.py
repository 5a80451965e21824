"""What the picture networks' classifiers see and a sentence does not name: it then begins with that.

The decoder has read a few thousand captions about people and dogs: it calls most animals a dog, and
what it has no word for "a close up of a" guess. The classifiers know a thousand kinds of things. A
beginning that they give is the simplest case of constrained beam search (Anderson et al. 2017,
arXiv:1612.00576): the sentence must contain their word, in the first place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mm_demo import store
from mm_demo.errors import UserError

NAMES = "names.json"
ANIMALS = 398  # ImageNet's classes begin with them
DOGS = range(151, 269)
# how probable a name must be, chosen on dev
CERTAIN = 0.9  # an animal, against a sentence about people
SURE = 0.5  # an animal, against any other; a thing where "dog" is said of what is none
LIKELY = 0.15  # an animal where "dog" is said of another
CLOSE = 0.3  # anything in a close up
_NO_DOG = 0.2  # dogs' classes together, below which "dog" is said of another animal
_PEOPLE = frozenset(
    [
        "man",
        "men",
        "woman",
        "women",
        "boy",
        "boys",
        "girl",
        "girls",
        "child",
        "children",
        "kid",
        "kids",
        "person",
        "people",
        "player",
        "players",
        "baby",
        "guy",
        "lady",
        "couple",
        "crowd",
        "group",
        "team",
    ]
)
_CLOSE_UPS = (["a", "close", "up", "of"], ["a", "photo", "of"])


class Naming:
    """names: what to call each class; none for dogs, which captions speak of."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.names = dict(names)
        self.called = list(dict.fromkeys(self.names.values()))
        self.columns = np.zeros((1000, len(self.called)), np.float32)
        self.animal = np.zeros(len(self.called), bool)
        for number, name in self.names.items():
            column = self.called.index(name)
            self.columns[number, column] = 1
            self.animal[column] |= number < ANIMALS

    def beginning(self, known: NDArray[np.float32], sentence: Sequence[str]) -> list[str]:
        """The words that a sentence should begin with, [] where it may stay as it is.

        known: the classes' probabilities (1000,). Classes of one name count together.
        """
        if not self.called:
            return []
        said = list(sentence)
        shares = known @ self.columns
        form = next((form for form in _CLOSE_UPS if said[: len(form)] == form), [])
        no_dog = bool({"dog", "dogs"} & set(said)) and known[DOGS].sum() < _NO_DOG
        people = bool(_PEOPLE & set(said))
        animals = CERTAIN if people else CLOSE if form else LIKELY if no_dog else SURE
        things = CLOSE if form else SURE if no_dog and not people else 2.0
        over = shares - np.where(self.animal, animals, things)
        best = int(over.argmax())
        name = self.called[best].split()
        if over[best] < 0 or name[-1] in said:
            return []
        return [*form, "an" if name[0][0] in "aeiou" else "a", *name]

    def save(self, folder: Path) -> None:
        """Into the folder's `names.json`."""
        store.write_json(folder / NAMES, {str(n): name for n, name in self.names.items()})

    @classmethod
    def load(cls, folder: Path) -> Naming:
        """What `save` wrote, or no names; UserError for a foreign file."""
        if not (folder / NAMES).exists():
            return cls({})
        found = store.read_json(folder / NAMES)
        try:
            names = {int(number): str(name) for number, name in found.items()}
            if any(not 0 <= number < 1000 or not name for number, name in names.items()):
                raise ValueError("a class or a name that is none")
        except ValueError as error:
            raise UserError("checkpoint.foreign", folder=str(folder)) from error
        return cls(names)
