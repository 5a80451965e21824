"""When a classifier's word stands at the beginning of a sentence, and when it does not."""

import json

import numpy as np
import pytest

from mm_demo.cases.captioning.photos.naming import NAMES, Naming
from mm_demo.errors import UserError

NAMING = Naming({1: "owl", 2: "snake", 3: "snake", 397: "sea lion", 500: "pillow", 600: "alp"})


def known(**shares):
    made = np.zeros(1000, np.float32)
    for key, share in shares.items():
        made[int(key[1:])] = share
    return made


@pytest.mark.parametrize(
    ("sentence", "shares", "wanted"),
    [
        ("a dog sits on a tree", {"c1": 0.2}, "an owl"),
        ("a dog sits on a tree", {"c1": 0.1}, ""),  # not likely enough
        ("a dog sits on a tree", {"c1": 0.2, "c200": 0.3}, ""),  # a dog it is
        ("two dogs are in the grass", {"c2": 0.1, "c3": 0.1}, "a snake"),  # names add up
        ("a dog is on a bed", {"c500": 0.4}, ""),
        ("a dog is on a bed", {"c500": 0.6}, "a pillow"),
        ("a bird on a rock", {"c1": 0.4}, ""),
        ("a bird on a rock", {"c1": 0.6}, "an owl"),
        ("a rock", {"c500": 0.99}, ""),  # a thing is no reason
        ("a man jumps into the water", {"c397": 0.8}, ""),
        ("a man jumps into the water", {"c397": 0.95}, "a sea lion"),
        ("a man with a dog", {"c500": 0.99}, ""),
        ("a close up of a clock", {"c500": 0.4}, "a close up of a pillow"),
        ("a photo of a clock", {"c600": 0.4}, "a photo of an alp"),
        ("a close up of a clock", {"c600": 0.2}, ""),
        ("a close up of an owl", {"c1": 0.9}, ""),  # said already
        ("a lion by the sea", {"c397": 0.9}, ""),
    ],
)
def test_a_beginning_is_given_where_the_sentence_misses_what_is_seen(sentence, shares, wanted):
    assert " ".join(NAMING.beginning(known(**shares), sentence.split())) == wanted


def test_names_travel_with_a_checkpoint_and_without_them_nothing_begins(tmp_path):
    assert Naming.load(tmp_path).beginning(known(c1=1), ["a", "dog"]) == []
    NAMING.save(tmp_path)
    assert Naming.load(tmp_path).names == NAMING.names


@pytest.mark.parametrize("found", [{"x": "owl"}, {"1000": "owl"}, {"1": ""}, {"-1": "owl"}])
def test_foreign_names_are_refused(tmp_path, found):
    (tmp_path / NAMES).write_text(json.dumps(found))
    with pytest.raises(UserError) as error:
        Naming.load(tmp_path)
    assert error.value.key == "checkpoint.foreign"
