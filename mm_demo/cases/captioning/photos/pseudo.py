"""Sentences about things that no caption names, for photographs that nobody took.

ImageNet's classifier knows hundreds of kinds that Flickr8k's captions never speak of. A pseudo-picture
is a photograph's features moved towards such a class (see `nn.knowledge.Prototypes`); its sentence is
a caption of a dog with the dog exchanged, where the class is an animal, else just the thing's name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mm_demo.cases.captioning.photos.naming import ANIMALS, DOGS
from mm_demo.data import pretrained
from mm_demo.metrics.captions import normalised
from mm_demo.nn.knowledge import Prototypes

_PLAIN = {
    "sorrel": "horse",
    "ox": "cow",
    "hog": "pig",
    "gila monster": "lizard",
    "oystercatcher": "bird",
    "dromedary": "camel",
    "tabby": "cat",
}  # what people call them
_DOG = re.compile(r"^(?:a|an|the) (?:\w+ ){0,3}?dog (?!.*\bdogs?\b)(.+)$")
_ALONE = ("a {}", "a photo of a {}", "a close up of a {}")
_ALONE_SHARE = 0.3  # of animals' sentences
_KNOWN = 5  # times in the captions
_COMMON = 2  # word pieces: longer words are for zoologists


class Pseudo:
    """Draws pseudo-pictures of classes and sentences about them.

    `captions`: all training captions, normalised; `owner`: the photograph of each.
    """

    def __init__(self, captions: Sequence[str], owner: Sequence[int]) -> None:
        self.names = _names(captions)
        self.classes = np.array(sorted(self.names))
        found = [(row, _DOG.match(text)) for row, text in zip(owner, captions, strict=True)]
        self.dogs = [(row, match[1]) for row, match in found if match]

    def sentences(self) -> list[str]:
        """One with each name and form: words that a vocabulary must know."""
        return [form.format(name) for name in self.names.values() for form in _ALONE]

    def draw(
        self, rng: np.random.Generator, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
        """A class for each of the photographs `rows`: the rows to use, the classes, the sentences.

        Where a dog's caption is needed, its photograph takes the row's place.
        """
        chosen = rng.choice(self.classes, len(rows))
        rows, texts = rows.copy(), []
        for place, number in enumerate(chosen):
            name = self.names[int(number)]
            text = _ALONE[int(rng.integers(len(_ALONE)))].format(name)
            if number < ANIMALS and self.dogs and rng.random() >= _ALONE_SHARE:
                rows[place], rest = self.dogs[int(rng.integers(len(self.dogs)))]
                text = f"a {name} {rest}"
            texts.append(re.sub(r"\ba (?=[aeiou])", "an ", text))
        return rows, chosen, texts


def prototypes(pooled: Tensor, backbones: Sequence[str]) -> Prototypes:
    """The classes' directions, from training photographs' pooled vectors (N, 1280 * backbones)."""
    classes = torch.from_numpy(pretrained.imagenet_classes()[1])
    classifiers = [pretrained.backbone(name).classifier for name in backbones]
    return Prototypes.of(pooled, classifiers, classes, classes[None])


def _names(captions: Sequence[str]) -> Mapping[int, str]:
    """What to call each class but the dogs, in a plain word.

    One of its names that captions use; else its first, if that is one common word ("koala"); else
    what kind of thing it is ("fox squirrel" is a squirrel), if captions know that; else all of it.
    """
    counts = Counter(word for text in captions for word in text.split())
    tokenizer = pretrained.sentence_tower().tokenizer
    names = {}
    for number, listed in enumerate(pretrained.imagenet_classes()[0]):
        if number in DOGS:
            continue
        own = [name for name in listed.split(", ") if name == name.lower()] or listed.split(", ")
        own = [" ".join(normalised(name)) for name in own]
        single = [name for name in own if counts[name] >= _KNOWN]
        kinds = [name.split()[-1] for name in own if counts[name.split()[-1]] >= _KNOWN]
        pieces = len(tokenizer.encode(own[0], add_special_tokens=False).ids)
        if single:
            name = max(single, key=counts.__getitem__)
        elif " " not in own[0] and pieces <= _COMMON:
            name = own[0]
        else:
            name = max(kinds, key=counts.__getitem__) if kinds else own[0]
        names[number] = _PLAIN.get(own[0], name)
    return names
