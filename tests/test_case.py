"""A case's data sets, and those of them that come in families."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

import mm_demo
from mm_demo.case import OWN
from mm_demo.cases import CASES, find
from mm_demo.cases.fusion import FUSION
from mm_demo.cases.timesformer import TIMESFORMER
from mm_demo.errors import UserError
from tests.made_up import ALBUM, CASE, with_modules


@pytest.mark.parametrize(
    ("dataset", "family", "steps", "headline", "world"),
    [
        ("scenes", None, CASE.presets["quick"].steps, "zero_shot_accuracy", "scenes"),
        ("prints", ALBUM, 90, "image_to_text_r1", "album"),
        ("slides", ALBUM, 90, "image_to_text_r1", "album"),
        ("postcards", ALBUM, 90, "image_to_text_r1", "album"),
        (OWN, ALBUM, 90, "image_to_text_r1", "album"),
        ("/home/ann/pictures", ALBUM, 90, "image_to_text_r1", "album"),
    ],
)
def test_a_data_set_has_its_familys_preset_headline_and_world(
    dataset, family, steps, headline, world
):
    assert CASE.family_of(dataset) is family
    assert CASE.preset("quick", dataset).steps == steps
    assert CASE.headline_of(dataset) == headline
    assert CASE.world_of(dataset) == world


def test_own_data_is_the_cases_where_no_family_takes_it():
    case = replace(CASE, families=(replace(ALBUM, datasets=("prints", "slides")),))
    for dataset in (OWN, "/home/ann/pictures"):
        assert case.family_of(dataset) is None
        assert case.world_of(dataset) == "scenes"


def test_a_world_is_its_own_and_the_first_speaks_for_the_rest():
    assert FUSION.world_of("av_digits") == "av_digits"
    assert TIMESFORMER.world_of("actions") == "camera_motion"
    assert replace(CASE, worlds=("scenes", "album", "slides")).world_of("slides") == "slides"


def test_a_preset_that_is_none_is_the_persons_mistake_in_a_family_too():
    for dataset in ("scenes", "slides"):
        with pytest.raises(UserError) as caught:
            CASE.preset("huge", dataset)
        assert caught.value.key == "preset.unknown"
        assert caught.value.facts["known"] == "quick, full"


def test_a_module_is_the_familys_where_the_data_set_is_in_one(monkeypatch):
    with_modules(monkeypatch, "task", {"whose": "album"}, {"whose": "case"})
    whose = {name: CASE.module("task", name).whose for name in ("", "scenes", "slides", OWN)}
    assert whose == {"": "case", "scenes": "case", "slides": "album", OWN: "album"}


def test_what_is_only_measured_is_not_trained_on(tmp_path):
    assert CASE.check_dataset("postcards", measured=True) == "postcards"
    assert CASE.choices == ("scenes", "prints", "slides", OWN)
    with pytest.raises(UserError) as trained:
        CASE.check_dataset("postcards")
    assert trained.value.facts["known"] == "scenes, prints, slides"
    with pytest.raises(UserError) as measured:
        CASE.check_dataset("moon", measured=True)
    assert measured.value.facts["known"] == "scenes, prints, slides, postcards"


def test_a_place_on_the_disk_is_for_its_owner_alone(tmp_path):
    assert CASE.check_dataset(str(tmp_path), folders=True) == str(tmp_path)
    for name, folders in ((str(tmp_path), False), (OWN, True), ("", True)):
        with pytest.raises(UserError) as caught:
            CASE.check_dataset(name, folders=folders)
        assert caught.value.key == "dataset.unknown"


def test_the_command_spells_out_what_differs_from_the_familys_preset():
    config = ALBUM.presets["full"].changed({"seed": 4, "batch_size": 128})
    assert shlex.split(CASE.train_command("slides", "full", config, "x", None))[3:] == [
        "train", "clip", "--dataset", "slides", "--preset", "full", "--seed", "4",
        "--set", "batch_size=128", "--out", "x",
    ]  # fmt: skip


def test_families_fit_into_their_case():
    for case in (CASE, *CASES):
        for family in case.families:
            assert set(family.datasets) <= set(case.choices)
            assert not set(family.measured) & set(case.choices)
            assert family.presets.keys() == case.presets.keys()
            assert all(type(config) is case.config for config in family.presets.values())
            assert family.headline in case.table
            assert family.headline in case.claims


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_idle_knob_is_one_that_no_file_of_the_task_reads(case):
    folder = Path(mm_demo.__file__).parent / "cases" / case.name
    own = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.py")}
    del own["__init__.py"]
    for part in (case, *case.families):
        where = {} if part is case else {
            file.name: file.read_text(encoding="utf-8")
            for file in (folder / part.folder).glob("*.py")
        }  # fmt: skip
        read = where or own
        for name in part.idle:
            assert name in case.config.model_fields
            assert not any(f"config.{name}" in source for source in read.values()), name


def test_what_does_nothing_for_a_data_set_is_told_by_its_family():
    clip = find("clip")
    assert "stem" in clip.idle_of("flickr8k")
    assert "stem" not in clip.idle_of("scenes")
    assert "backbones" in clip.idle_of("scenes")
    assert "stem" in clip.idle_of("/a/folder")
    assert find("fusion").idle_of("av_digits") == ()
