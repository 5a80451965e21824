"""Links carry an experiment; what is illegal in one is left out and named."""

from urllib.parse import parse_qsl

import pytest

from mm_demo.cases import CASES
from mm_demo.cases.clip import CLIP
from mm_demo.ui import links


def test_a_link_goes_there_and_back():
    config = CLIP.preset("quick", "scenes").changed({"seed": 3, "batch_size": 64, "language": "zh"})
    query = links.write(CLIP, "train", "scenes", "quick", config, "zh")
    link = links.read(dict(parse_qsl(query[1:])), CASES)
    assert link.case is CLIP
    assert (link.panel, link.dataset, link.preset) == ("train", "scenes", "quick")
    assert CLIP.preset("quick", "scenes").changed(link.settings) == config
    assert link.ignored == ()
    assert "learning_rate" not in query


@pytest.mark.parametrize(
    "part",
    [
        "steps=0",
        "steps=abc",
        "batch_size=1e9",
        "language=fr",
        "preset=huge",
        "dataset=x",
        "panel=y",
    ],
)
def test_an_illegal_part_is_named_and_the_rest_is_set(part):
    key, _, value = part.partition("=")
    link = links.read({"case": "clip", "seed": "5", key: value}, CASES)
    assert link.ignored == (part,)
    assert link.settings == {"seed": 5}


def test_names_of_others_are_passed_over():
    link = links.read({"case": "clip", "__theme": "dark", "utm": "x", "lang": "zh"}, CASES)
    assert link.ignored == ()
    assert link.panel == "try"


def test_settings_lead_to_the_training_panel():
    assert links.read({"case": "clip", "seed": "3"}, CASES).panel == "train"


def test_an_unknown_case_is_nowhere():
    link = links.read({"case": "<script>"}, CASES)
    assert link.case is None
    assert link.ignored == ("case=<script>",)
    assert links.read({}, CASES).case is None
