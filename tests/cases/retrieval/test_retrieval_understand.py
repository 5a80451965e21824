"""Understand: the page's formulas and figures, and the examples of hard negatives."""

import numpy as np

from mm_demo import words
from mm_demo.cases.retrieval import understand


class Backwards:
    """It takes each sentence for the next picture's."""

    def embed_pictures(self, pictures):
        return np.eye(len(pictures), dtype=np.float32)

    def embed_texts(self, texts):
        return np.roll(np.eye(len(texts), dtype=np.float32), 1, axis=1)


def test_the_examples_are_real_mistakes_with_their_pictures():
    found = understand.our_examples(Backwards())
    assert found["hardest"]
    for one in found["hardest"]:
        assert one["other"] < one["own"]
        assert found["names"][one["row"]] != found["names"][one["negative"]]
        assert found["thumbnails"][one["row"]].startswith("data:image/")
    assert len(found["names"]) == len(found["thumbnails"]) <= 2 * len(found["hardest"])


def test_the_page_has_both_figures_where_they_were_measured():
    figures = {"text_to_image_r1": 0.8123, "text_to_image_r1_strict": 0.6123}
    page = understand._page({"metrics": figures})
    assert "0.81" in page
    assert "0.61" in page
    assert words.both("retrieval.understand.right.text") in understand._page({})


def test_every_drawn_formula_can_be_heard():
    page = understand._page({})
    assert page.count('role="math"') == 2
    for name in ("rt-math", "rt-collapse"):
        assert f'aria-labelledby="{name}"' in page
        assert f'id="{name}"' in page


def test_every_kind_of_negative_has_its_words():
    page = understand._page({})
    for which in ("now", "is"):
        for kind in ("easy", "semi", "hard"):
            assert f'data-{which}="{kind}"' in page
