"""Names for what no caption names, and sentences about them."""

from collections import Counter

import numpy as np
import pytest

from mm_demo.cases.captioning.photos.pseudo import Pseudo
from mm_demo.data import pretrained

CAPTIONS = (
    ["a brown dog runs through snow", "the big dog is asleep", "a dog chases a dog"]
    + ["a shark swims"] * 5
    + ["a bus waits"] * 5
    + ["a squirrel eats"] * 4
)


@pytest.fixture(scope="module")
def pseudo():
    return Pseudo(CAPTIONS, range(len(CAPTIONS)))


def named(pseudo, lemma):
    classes = pretrained.imagenet_classes()[0]
    return pseudo.names[next(n for n, names in enumerate(classes) if names.startswith(lemma))]


def test_a_class_is_called_what_people_call_it(pseudo):
    assert named(pseudo, "koala") == "koala"  # a common word
    assert named(pseudo, "great white shark") == "shark"  # captions know its kind
    assert named(pseudo, "sorrel") == "horse"
    assert named(pseudo, "fox squirrel") == "fox squirrel"  # said four times: not known
    assert not any(number in pseudo.names for number in (151, 207, 268))  # dogs are dogs
    assert len(pseudo.names) == 1000 - 118


def test_dogs_are_the_captions_about_one_dog_at_their_beginning(pseudo):
    assert pseudo.dogs == [(0, "runs through snow"), (1, "is asleep")]


def test_a_dogs_photograph_comes_with_its_caption_and_a_thing_with_its_name_alone(pseudo):
    rng = np.random.default_rng(0)
    seen, swapped, animals = Counter(), 0, 0
    for _ in range(40):
        rows, classes, texts = pseudo.draw(rng, np.full(100, 7))
        for row, number, text in zip(rows, classes, texts, strict=True):
            name = pseudo.names[int(number)]
            seen[int(number)] += 1
            animals += number < 398
            said = f"an {name}" if name[0] in "aeiou" else f"a {name}"
            if row == 7:
                assert text in (said, f"a photo of {said}", f"a close up of {said}")
            else:
                swapped += 1
                assert number < 398
                assert text == f"{said} {dict(pseudo.dogs)[row]}"
    assert len(seen) > 800
    assert max(seen.values()) < 25
    assert 0.6 < swapped / animals < 0.8
