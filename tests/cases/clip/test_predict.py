"""A predictor over the bundled checkpoint: right, repeatable, honest, and shared by threads."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import gradio
import numpy as np
import pytest

from mm_demo import store
from mm_demo.cases import find
from mm_demo.cases.clip import figures
from mm_demo.cases.clip.encoders import Encoders
from mm_demo.cases.clip.predict import Predictor
from mm_demo.data.scenes import compose, draw
from mm_demo.errors import UserError
from mm_demo.media.image import Picture, open_picture
from mm_demo.predictors import Predictors

FOLDER = find("clip").checkpoint()


@pytest.fixture(scope="module")
def predictor():
    return Predictor(FOLDER)


def scene(*things, size=256):
    objects = [
        dict(zip(("colour", "kind", "size", "place"), thing, strict=True)) for thing in things
    ]
    return Picture(draw(compose(objects), size), (size, size))


BOAT = scene(("red", "boat", "large", "centre"))


def test_the_right_label_wins_at_any_size(predictor):
    for size in (64, 200, 512):
        picture = scene(("red", "boat", "large", "centre"), size=size)
        answer = predictor.classify(picture, "blue boat, a red boat, red car, green house")
        assert answer.ranking[0].label == "a red boat"


def test_the_same_call_gives_the_same_answer(predictor):
    first = predictor.classify(BOAT, "red boat, blue boat")
    second = predictor.classify(BOAT, "red boat, blue boat")
    assert [s.cosine for s in first.ranking] == [s.cosine for s in second.ranking]
    assert json.loads(json.dumps(asdict(first))) == asdict(first)


def test_shares_are_the_softmax_of_scaled_cosines(predictor):
    answer = predictor.classify(BOAT, "red boat, blue boat, red car")
    logits = np.array([answer.logit_scale * s.cosine for s in answer.ranking])
    shares = np.exp(logits) / np.exp(logits).sum()
    assert [s.probability for s in answer.ranking] == pytest.approx(list(shares), rel=1e-4)
    assert answer.none == pytest.approx(1 - max(s.alone for s in answer.ranking))


def test_changing_one_label_encodes_one(predictor):
    predictor.classify(BOAT, "pink tree, white fish, purple star")
    assert predictor.classify(BOAT, "pink tree, white fish, green star").remembered == 2


def test_a_label_alone_says_yes_or_no(predictor):
    yes = predictor.classify(BOAT, "red boat").ranking[0]
    no = predictor.classify(BOAT, "green umbrella").ranking[0]
    assert yes.probability == no.probability == 1.0
    assert yes.alone > 0.5 > no.alone


def test_unknown_words_are_named_as_typed(predictor):
    ranking = predictor.classify(BOAT, "red Zeppelin, red boat").ranking
    assert {s.label: s.unknown for s in ranking} == {"red Zeppelin": ["Zeppelin"], "red boat": []}


def test_chinese_labels(predictor):
    answer = predictor.classify(BOAT, "蓝色的船，红色的船，红色的汽车")
    assert answer.ranking[0].label == "红色的船"
    assert answer.ranking[0].unknown == []


@pytest.mark.parametrize("name", ["cheetah1.jpg", "lion.jpg", "bus.png", "tower.jpg"])
def test_photographs_are_outside(predictor, name):
    picture = open_picture(gradio.media.get_image(name))
    assert predictor.classify(picture, "red boat, blue car").outside


def test_drawn_scenes_are_inside(predictor):
    pictures = [
        scene((colour, kind, size, place))
        for colour, kind, size, place in [
            ("red", "boat", "large", "centre"), ("blue", "cat", "small", "top_left"),
            ("white", "house", "large", "right"), ("pink", "balloon", "small", "bottom"),
        ]
    ]  # fmt: skip
    assert not any(predictor.classify(p, "red boat").outside for p in pictures)


def test_evidence_is_where_the_object_is(predictor):
    picture = scene(("red", "boat", "large", "left"), ("green", "house", "large", "right"))
    boat = np.array(predictor.evidence(picture, "a photo of a red boat"))
    house = np.array(predictor.evidence(picture, "a photo of a green house"))
    half = boat.shape[1] // 2
    assert boat.min() >= 0
    assert boat.max() == house.max() == 1
    assert boat[:, :half].sum() > boat[:, half:].sum()
    assert house[:, half:].sum() > house[:, :half].sum()


def test_matrix(predictor):
    cosines, alone = predictor.matrix(
        [BOAT, scene(("green", "house", "large", "centre"))], "red boat, green house"
    )
    assert cosines[0][0] > cosines[0][1]
    assert cosines[1][1] > cosines[1][0]
    assert alone[0][0] > 0.5 > alone[0][1]
    assert alone[1][1] > 0.5 > alone[1][0]


def test_threads_share_one_predictor(predictor):
    labels = [f"red boat, {colour} car" for colour in ("red", "blue", "green", "white")] * 6
    alone = [predictor.classify(BOAT, text).ranking[0].cosine for text in labels]
    with ThreadPoolExecutor(8) as pool:
        together = list(
            pool.map(lambda text: predictor.classify(BOAT, text).ranking[0].cosine, labels)
        )
    assert together == pytest.approx(alone)


@pytest.mark.parametrize(
    "file", ["model.safetensors", "config.json", "tokenizer.json", "calibration.safetensors"]
)
@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_a_broken_folder_is_named(tmp_path, file, damage):
    folder = tmp_path / "model"
    shutil.copytree(FOLDER, folder)
    if damage == "missing":
        (folder / file).unlink()
    else:
        (folder / file).write_bytes((folder / file).read_bytes()[:60])
    with pytest.raises(UserError) as error:
        Predictor(folder)
    assert error.value.key == (
        "checkpoint.missing_file" if damage == "missing" else "checkpoint.damaged"
    )
    assert error.value.facts["file"] == file


def test_a_config_of_something_else_is_foreign(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(FOLDER, folder)
    for config in ({}, {"hidden_size": 4}, {"embed_dim": 64, "image": {"stem": "conv"}}):
        store.write_json(folder / "config.json", config)
        with pytest.raises(UserError) as error:
            Predictor(folder)
        assert error.value.key == "checkpoint.foreign"


def test_predictors_load_once_and_forget(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(FOLDER, folder)
    predictors = Predictors()
    with ThreadPoolExecutor(4) as pool:
        loaded = set(pool.map(lambda _: id(predictors.get("clip", folder)), range(4)))
    assert len(loaded) == 1
    first = predictors.get("clip", folder)
    predictors.forget(folder)
    assert predictors.get("clip", folder) is not first


def test_the_bundled_figures_are_what_they_claim(predictor):
    recorded = store.read_json(FOLDER / store.METRICS)
    assert recorded["weights"] == store.weights_hash(FOLDER)
    assert recorded["split"] == "test"
    encoders = Encoders.of(predictor)
    got = figures.zero_shot(encoders, "test", recorded["seed"], 50, "en")
    for name in ("zero_shot_accuracy", "zero_shot_accuracy_top5"):
        assert got[name] == pytest.approx(recorded["metrics"][name], abs=0.004)
