"""Pictures that are no photographs."""

import numpy as np

from mm_demo.data.non_photographs import non_photographs


def test_each_kind_is_there_and_a_seed_draws_the_same():
    first, again, other = (non_photographs(seed, 6) for seed in (0, 0, 1))
    assert set(first) == {"scenes", "textures", "text", "noise"}
    for kind, pictures in first.items():
        assert len(pictures) == 6
        for picture, same in zip(pictures, again[kind], strict=True):
            assert picture.dtype == np.uint8
            assert picture.ndim == 3
            assert np.array_equal(picture, same)
        assert not np.array_equal(pictures[0], other[kind][0])


def test_pages_are_mostly_paper_and_one_in_three_noises_has_one_colour():
    made = non_photographs(3, 9)
    assert all((page.min(-1) > 200).mean() > 0.5 for page in made["text"])
    assert [int(np.ptp(picture.reshape(-1, 3), axis=0).max() == 0) for picture in made["noise"]] == [
        0, 1, 0, 0, 1, 0, 0, 1, 0
    ]  # fmt: skip
