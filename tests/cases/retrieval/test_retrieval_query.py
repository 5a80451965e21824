"""A query as one vector, with a model whose vectors are known."""

import numpy as np
import pytest

from mm_demo.cases.retrieval.query import AWAY, MOST_LETTERS, query
from mm_demo.errors import UserError
from mm_demo.media.image import Picture

PICTURE = Picture(np.zeros((4, 4, 3), np.uint8), (4, 4))
AXES = {"dog": 0, "snow": 1, "people": 2}


class Model:
    """Every known word is an axis, a picture the fourth one."""

    def embed_texts(self, texts):
        made = np.zeros((len(texts), 4), np.float32)
        for row, text in enumerate(texts):
            for word in text.split():
                if word in AXES:
                    made[row, AXES[word]] = 1
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    def embed_pictures(self, pictures):
        return np.tile(np.eye(4, dtype=np.float32)[3], (len(pictures), 1))

    def knows(self, text):
        return any(word in AXES for word in text.split())


def ask(text=None, picture=None, without=()):
    return query(Model(), text, picture, without)


def test_words_a_picture_or_the_mean_of_both():
    assert ask(" dog ").tolist() == [1, 0, 0, 0]
    assert ask(picture=PICTURE).tolist() == [0, 0, 0, 1]
    assert ask("dog", PICTURE) == pytest.approx(np.array([1, 0, 0, 1]) / np.sqrt(2))


def test_negative_terms_push_away():
    found = ask("dog", without=["people", " ", "snow"])
    wanted = np.array([1, -AWAY / 2, -AWAY / 2, 0])
    assert found == pytest.approx(wanted / np.linalg.norm(wanted))
    assert found.dtype == np.float32
    assert np.linalg.norm(found) == pytest.approx(1)


def test_unknown_words_count_for_nothing_beside_what_is_known():
    assert ask("犬", PICTURE).tolist() == [0, 0, 0, 1]
    assert ask("dog", without=["犬"]).tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({}, "retrieval.empty_query"),
        ({"text": "  \n"}, "retrieval.empty_query"),
        ({"without": ["people"]}, "retrieval.only_negatives"),
        ({"text": "犬"}, "retrieval.unknown_words"),
        ({"text": "a" * (MOST_LETTERS + 1)}, "retrieval.long_query"),
        ({"text": "dog", "without": ["a" * (MOST_LETTERS + 1)]}, "retrieval.long_query"),
    ],
)
def test_what_cannot_be_looked_for(arguments, key):
    with pytest.raises(UserError) as raised:
        ask(**arguments)
    assert raised.value.key == key


def test_a_query_that_cancels_itself(monkeypatch):
    monkeypatch.setattr("mm_demo.cases.retrieval.query.AWAY", 1.0)
    with pytest.raises(UserError) as raised:
        ask("dog", without=["dog"])
    assert raised.value.key == "retrieval.cancelled"
