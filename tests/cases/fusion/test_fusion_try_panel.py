"""Try: what the handlers put on the page."""

import base64
import io
import json
import re
from html import unescape
from itertools import pairwise
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image, ImageDraw

from mm_demo.cases.fusion import FUSION, curves, try_answer, try_panel
from mm_demo.cases.fusion.predict import Answer, Label, Opinion, Predictor
from mm_demo.cases.fusion.strokes import STROKES, drawn
from mm_demo.cases.fusion.terms import Late, Terms
from mm_demo.cases.fusion.try_handlers import (
    Handlers,
    first_model,
    noisier,
    picture_file,
    sound_file,
)
from mm_demo.data.sounding_shapes import THINGS
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture
from mm_demo.ui.context import Context
from mm_demo.ui.language import Language
from mm_demo.ui.picture import Picture
from mm_demo.ui.runs import Runs
from tests.cases.fusion.conftest import TINY

ME = SimpleNamespace(session_hash="me")
CLEAN = (0, 0, 0, "sounding_shapes", "misleading")  # noise, noise, cover, model, group
EVIL = "<script>alert(1)</script>"


class Loaded:
    """The predictors of a page, all of them one."""

    def __init__(self, one):
        self.one = one

    def get(self, case, folder):
        return self.one

    def forget(self, folder):
        pass


def handlers_of(folder):
    with gr.Blocks():
        picture = Picture(type="filepath", image_mode=None)
        sound = gr.Audio(type="filepath")
    context = Context(FUSION, Language(), Runs(), Loaded(Predictor(folder)))
    return Handlers(context, picture, sound)


@pytest.fixture
def handlers(train, tmp_path):
    train(tmp_path / "fusion-tiny")
    return handlers_of(tmp_path / "fusion-tiny")


def told(**data):
    return SimpleNamespace(_data=data)


def drawing():
    image = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(image).rectangle((90, 90, 190, 190), outline="black", width=20)
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def opinion(strategy, label="bee", share=0.8, sight=None):
    sound = None if sight is None else 1 - sight
    other = "harp" if label == "bee" else "bee"
    return Opinion(strategy, [Label(label, share), Label(other, 1 - share)], sight, sound)


def answer(sight=0.8, seen="harp", heard="bee", model="fusion-tiny", says="harp"):
    own = opinion("attention", says, 0.9, sight)
    singles = [opinion("visual", seen)] if seen else []
    singles += [opinion("audio", heard)] if heard else []
    ways = ("both", "sight", "sound") if seen and heard else ("both",)
    return Answer(
        strategy="attention",
        ranking=own.ranking,
        opinions=[*singles, opinion("early"), opinion("late", "bee", 0.5, 0.55), own],
        looks_like=seen,
        sounds_like=heard,
        covered={way: Label(says, 0.9) for way in ways},
        outside=False,
        outside_sight=False if seen else None,
        outside_sound=False if heard else None,
        model=model,
    )


def test_nothing_given_is_the_empty_state_not_an_error(handlers):
    sees, hears, _, head, card, covered, _ = handlers.answer(ME, "", None, None, *CLEAN)
    assert "Draw something, or add a sound" in head["html"]
    assert 'data-do="example"' in head["html"]
    assert "nothing yet" in sees
    assert "nothing yet" in hears
    assert (card.visible, covered) == (False, "")


def test_a_drawing_alone_is_answered_by_sight(handlers):
    sees, hears, _, head, card, _, _ = handlers.answer(ME, drawing(), None, None, *CLEAN)
    assert 'class="fz-seen" src="data:image/webp' in sees
    assert "nothing yet" in hears
    assert "It looks like" in head["html"]
    assert "sounds like" not in head["html"]
    assert "There is no sound, so attention fusion has only the picture" in head["html"]
    assert head["html"].count('<th scope="row">') == 4
    assert "data-terms" not in head["html"]
    assert card.visible is False


def test_an_example_puts_in_both_senses_and_answers(handlers):
    put = handlers.example(ME, told(seen="harp", heard="bee"), None, *CLEAN[:4], None)
    drawn, pad, picture, sound, level, noise, cover, *answered = put
    assert (drawn, noise, cover) == ("", 0, 0)
    assert pad["clear"]
    assert picture.endswith("harp.png")
    assert sound.endswith("bee.wav")
    assert try_answer.level(level) == 0
    sees, hears, readout, head, card, covered, group = answered
    assert "0 dB, as loud as the sound" in readout
    assert 'class="mel"' in hears
    assert "<audio" in hears
    assert "fz-seen" in sees
    assert head["html"].count('<th scope="row">') == 5
    assert "data-terms=" in head["html"]
    assert "eyes shut" in covered
    assert card.visible
    assert group.visible is False  # a model with one kind of noise has nothing to choose
    assert handlers.example(ME, told(seen="harp"), None, *CLEAN) == (gr.skip(),) * 14


def test_the_newer_of_drawing_and_upload_counts(handlers):
    drawn, picture, *_ = handlers.drawn(ME, told(image=drawing()), None, *CLEAN)
    assert drawn.startswith("data:image/png")
    assert picture is None
    path = picture_file(handlers.picture, "drum")
    drawn, pad, sees, *_ = handlers.uploaded(ME, path, None, *CLEAN)
    assert drawn == ""
    assert pad["clear"]
    assert sees == handlers.answer(ME, "", path, None, *CLEAN)[0]
    assert "Draw something" in handlers.drawn(ME, told(image=""), None, *CLEAN)[5]["html"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.wav", b"no sound", "This is not a sound"),
        ("a.png", b"no picture", "not a picture"),
    ],
)
def test_a_mistake_is_an_error_card_and_nothing_is_lost(handlers, tmp_path, name, content, says):
    file = tmp_path / name
    file.write_bytes(content)
    given = ("", None, str(file)) if name.endswith("wav") else ("", str(file), None)
    head = handlers.answer(ME, *given, *CLEAN)[3]
    assert 'class="notice bad" role="alert"' in head["html"]
    assert says in head["html"]
    assert "What you put in is kept." in head["html"]
    assert str(tmp_path) not in head["html"]


def test_an_even_picture_and_an_unknown_model_are_mistakes_too(handlers, tmp_path):
    Image.new("RGB", (40, 40)).save(tmp_path / "black.png")
    head = handlers.answer(ME, "", str(tmp_path / "black.png"), None, *CLEAN)[3]
    assert "There is nothing in the picture" in head["html"]
    with pytest.raises(UserError, match=r"model\.unknown"):
        handlers.predictor("me", "../elsewhere")


def test_a_model_of_one_strategy_answers_with_that(train, tmp_path):
    train(tmp_path / "late", TINY.changed({"strategy": "late", "corruption": "both"}))
    alone = handlers_of(tmp_path / "late")
    head, *_, group = alone.answer(ME, drawing(), None, None, *CLEAN)[3:]
    assert "It says" in head["html"]
    assert "late fusion" in head["html"]
    assert group.visible


def test_a_bug_is_not_told_to_the_visitor(handlers, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError(EVIL)

    monkeypatch.setattr(handlers.context.predictors.one, "answer", broken)
    assert "script" not in handlers.answer(ME, drawing(), None, None, *CLEAN)[3]["html"]


def test_the_endpoint_tells_all_and_says_mistakes_in_english(handlers, tmp_path):
    picture = picture_file(handlers.picture, "horn")
    sound = sound_file(handlers.sound, "horn")
    told_all = handlers.classify(ME, picture, sound)
    assert told_all["model"] == "fusion-tiny"
    assert {row["label"] for row in told_all["ranking"]} == set(THINGS)
    assert len(told_all["opinions"]) == 5
    with pytest.raises(gr.Error, match="One of them is enough"):
        handlers.classify(ME)


@pytest.mark.parametrize(
    ("sight", "worse", "says"),
    [
        (0.8, "sound", "The sound is the noisier one, and attention fusion trusts the picture (0.80)"),
        (0.8, "sight", "The picture is the noisier one, yet attention fusion trusts it (0.80)"),
        (0.8, None, "Attention fusion trusts the picture (0.80): it says a harp."),
        (0.1, None, "Attention fusion trusts the sound (0.90)"),
        (0.52, "sound", "Attention fusion trusts both about equally"),
    ],
)  # fmt: skip
def test_whom_it_trusted_and_why(sight, worse, says):
    assert says in try_answer.head(answer(sight), 0.01, worse)["html"]


@pytest.mark.parametrize(
    ("seen", "heard", "says"),
    [
        ("harp", "bee", "It looks like <em>a harp</em> and sounds like <em>a bee</em>."),
        ("bee", "bee", "It looks and sounds like <em>a bee</em>."),
        ("bee", None, "It looks like <em>a bee</em>."),
        (None, "bee", "It sounds like <em>a bee</em>."),
        ("3", "8", "It looks like <em>3</em> and sounds like <em>8</em>."),
    ],
)
def test_the_sentence_says_what_each_sense_says(seen, heard, says):
    head = try_answer.head(answer(seen=seen, heard=heard), 0.031)
    assert says in head["html"]
    assert says.replace("<em>", "").replace("</em>", "") in head["say"]
    assert "31 ms" in head["html"]


def test_the_table_of_five():
    html = try_answer.head(answer(), 0.01)["html"]
    assert html.count('<tr class="on">') == 1
    assert html.partition('<tr class="on">')[2].startswith('<th scope="row"><span class="en"')
    assert "has only sight" in html
    assert "has only sound" in html
    assert "mixes both: no weights" in html
    assert 'class="says sight"' in html
    assert 'class="says sound"' in html
    assert "sight 0.80" in html
    assert 'flex:0.800 0 0"' in html
    agreeing = try_answer.head(answer(seen="bee", heard="bee", says="bee"), 0.01)["html"]
    assert 'class="says sight"' not in agreeing


def test_the_head_carries_the_numbers_for_understand_and_names_stay_text():
    late = Late(0.5, {EVIL: (1.0, -2.0), "bee": (-1.0, 2.0), "harp": (0.0, 0.0)})
    html = try_answer.head(answer(), 0.01, terms=Terms(None, late, [(1.0, -0.5, 0.1)]))["html"]
    assert "<script" not in html
    told = json.loads(unescape(re.search(r'data-terms="([^"]*)"', html)[1]))
    assert told["attention"] is None
    assert told["early"] == [[1.0, -0.5, 0.1]]
    assert told["late"]["logits"] == [[1.0, -2.0], [-1.0, 2.0], [0.0, 0.0]]
    assert told["late"]["names"][1] == {"en": "bee", "zh": "蜜蜂"}
    assert told["late"]["said"][1] == {"en": "a bee", "zh": "蜜蜂"}
    assert "data-terms" not in try_answer.head(answer(heard=None), 0.01)["html"]


def test_chinese_sets_a_space_before_a_digit():
    html = try_answer.head(answer(seen="3", heard="bee", says="3"), 0.01)["html"]
    assert "看起来是 <em>3</em>，听起来像<em>蜜蜂</em>。" in html
    assert "它说是 3。" in html


def test_names_stay_text():
    html = try_answer.head(answer(seen=EVIL, heard=EVIL, says=EVIL, model=EVIL), 0.01)["html"]
    html += try_answer.covered(answer(says=EVIL))
    assert "<script" not in html


def test_the_noisier_sense_is_told_on_the_scale_of_training():
    assert noisier(0, 0, None) is None
    assert noisier(0, 0, 20) is None
    assert noisier(0, 0, 0) == "sound"
    assert noisier(0.5, 0, None) == "sight"
    assert noisier(0, 0.9, 0) == "sight"
    assert [try_answer.level(place) for place in (None, 0, 1, 7, 99)] == [None, None, 20, -10, -10]


def test_a_digit_is_put_in_as_a_drawing_and_the_rest_stays(handlers):
    sound = sound_file(handlers.sound, "bee")
    put = handlers.example(ME, told(seen="3"), sound, 5, 0.2, 10, "sounding_shapes", None)
    drawn_here, pad, picture, *kept = put[:7]
    assert drawn_here == ""
    assert pad["clear"]
    assert picture.endswith("3.png")
    assert kept == [gr.skip()] * 4
    assert put[10]["html"].count('<th scope="row">') == 5


@pytest.mark.parametrize("model", ["av_digits", "sounding_shapes", "run-1"])
def test_words_and_examples_follow_the_model(handlers, monkeypatch, model):
    monkeypatch.setattr(Runs, "folder", lambda *_: None)
    draw, hint, say, examples = handlers.chosen(ME, model)
    head = handlers.answer(ME, "", None, None, 0, 0, 0, model, None)[3]["html"]
    if model == "av_digits":
        assert "Draw a digit" in draw
        assert "Say a digit" in say
        assert "silhouettes" not in hint
        assert examples.count("data-seen") == 10
        assert "data-heard" not in examples
        assert "Draw a digit, say a digit" in head
        assert 'data-seen="3"' in head
    else:  # what is loaded here as a visitor's own run knows things
        assert "Draw something" in draw
        assert "A sound" in say
        assert "silhouettes" in hint
        assert examples.count("data-seen") == 12
        assert "Draw something, or add a sound" in head


def test_a_run_that_knows_digits_is_shown_as_one(handlers, monkeypatch):
    monkeypatch.setattr(Runs, "folder", lambda *_: None)
    monkeypatch.setattr(handlers.context.predictors.one, "classes", list("0123456789"))
    assert "Draw a digit" in handlers.chosen(ME, "run-1")[0]


def test_the_digits_that_we_drew_are_black_on_white_and_differ():
    pictures = [drawn(digit) for digit in STROKES]
    assert "".join(STROKES) == "0123456789"
    for pixels in pictures:
        assert pixels.shape == (280, 280, 3)
        assert pixels[:20].min() == pixels[-16:].min() == 255
        assert 0.03 < (pixels < 128).mean() < 0.2
    assert len({pixels.tobytes() for pixels in pictures}) == 10


@pytest.mark.skipif(not FUSION.checkpoint("av_digits").is_dir(), reason="no such model is bundled")
def test_the_bundled_model_reads_what_we_drew(tmp_path):
    model = Predictor(FUSION.checkpoint("av_digits"))
    for digit in STROKES:
        Image.fromarray(drawn(digit)).save(tmp_path / "drawn.png")
        seen = model.perceive(open_picture(tmp_path / "drawn.png"), None)
        assert model.answer(seen).looks_like == digit


def measured(sound, sight):
    def curve(x):
        falling = [0.9 - 0.1 * k for k in range(len(x))]
        accuracy = dict.fromkeys(("visual", "audio", "early", "late", "attention"), falling)
        return {"x": x, "accuracy": accuracy, "weight_sound": falling}

    both = {"sound": curve(sound), "sight": curve(sight)}
    return {"split": "dev", "examples": 2000, "curves": both}


DIGITS = measured([40.0, 20.0, 0.0, -10.0], [0.0, 0.4, 0.75])
SHAPES = measured([0.1, 0.5, 0.9], [0.1, 0.5, 0.9])


def upright(html):
    return [float(x) for x in re.findall(r'class="here" d="M([\d.]+) ', html)]


def test_the_curves_of_digits():
    html = curves.curves(DIGITS, True, {"sound": 0.0, "sight": 0.4})
    assert html.count("<svg") == html.count('role="img"') == 3
    assert html.count("<polyline") == 11
    assert (
        'stroke="var(--c2)" stroke-width="2" stroke-linejoin="round" stroke-dasharray="6 4"' in html
    )
    assert "2,000 unseen pairs" in html
    assert ">Noise in the sound, 0 dB:</span>" in html
    assert ">attention fusion 0.70.</span>" in html
    clean, zero, noisy = (
        upright(curves.curves(DIGITS, True, {"sound": db, "sight": 0}))[0]
        for db in (None, 0.0, -10.0)
    )
    assert clean < zero < noisy


def test_a_slider_beyond_what_was_measured_has_no_line():
    html = curves.curves(DIGITS, True, {"sound": None, "sight": 0.9})
    assert len(upright(html)) == 2  # the sound's, and its weight's
    assert "beyond what was measured" in html


def test_the_curves_of_shapes_and_of_nothing():
    html = curves.curves(SHAPES, False, {"sound": 0.4, "sight": 0.0})
    assert "strongest" in html
    assert "misleads" in html
    assert len(upright(html)) == 3
    for nothing in (None, {}, {"curves": {"sound": {"x": []}}}):
        assert curves.curves(nothing, False, {}) == ""


def test_labels_never_overlap():
    for wanted in ([5, 5, 5, 5, 5], [170, 171, 172, 100, 172], [10, 90, 20, 30, 170]):
        placed = sorted(curves.apart(wanted, 172))
        assert all(b - a >= 16 for a, b in pairwise(placed))
        assert placed[-1] <= 172


def test_curves_hide_for_a_visitors_own_run(handlers):
    card, html = handlers.curves(0, 0, 0, "run-1")
    assert (card.visible, html) == (False, "")


def test_the_panel_builds_with_every_word_and_one_public_endpoint(handlers):
    with gr.Blocks() as demo:
        panel = try_panel.build(handlers.context)
    first = first_model(FUSION)
    values = [value for _, value in panel.model_choice.choices]
    assert sorted(values) == sorted(FUSION.worlds)
    assert values[0] == panel.model_choice.value == first
    public = [f.api_name for f in demo.fns.values() if f.api_visibility == "public" and f.api_name]
    assert public == ["fusion_classify"]
