"""The predictor: one sense, both, none; and how a drawing becomes a digit."""

import numpy as np
import pytest
import torch

from mm_demo.cases.fusion.ink import COVER_GREY, as_digit, cover
from mm_demo.cases.fusion.model import STRATEGIES
from mm_demo.cases.fusion.predict import Predictor
from mm_demo.data.sounding_shapes import THINGS, things
from mm_demo.errors import UserError
from mm_demo.media.audio import Sound
from mm_demo.media.image import Picture
from tests.cases.fusion.conftest import TINY


@pytest.fixture
def predictor(train, tmp_path):
    train(tmp_path / "fusion-tiny")
    return Predictor(tmp_path / "fusion-tiny")


def picture(thing="harp"):
    grey = (255 * things("test", 7, 10).pictures[THINGS.index(thing)]).astype(np.uint8)
    return Picture(np.repeat(grey.repeat(8, 0).repeat(8, 1)[..., None], 3, 2), (224, 224))


def sound(thing="harp"):
    return Sound(things("test", 7, 10).waves[THINGS.index(thing)], 16_000, 1)


def test_each_sense_alone_and_both(predictor):
    seen = predictor.answer(predictor.perceive(picture(), None))
    assert {o.strategy for o in seen.opinions} == set(STRATEGIES) - {"audio"}
    assert seen.looks_like in THINGS
    assert seen.sounds_like is None
    assert set(seen.covered) == {"both"}
    attention = seen.opinions[-1]
    assert (attention.sight, attention.sound) == pytest.approx((1, 0), abs=1e-6)

    heard = predictor.answer(predictor.perceive(None, sound()))
    assert {o.strategy for o in heard.opinions} == set(STRATEGIES) - {"visual"}
    assert heard.looks_like is None
    assert heard.sounds_like in THINGS

    both = predictor.answer(predictor.perceive(picture(), sound()))
    assert [o.strategy for o in both.opinions] == list(STRATEGIES)
    assert set(both.covered) == {"both", "sight", "sound"}
    assert both.covered["both"] == both.ranking[0]
    assert both.covered["sight"] == seen.ranking[0]
    assert both.covered["sound"].probability == pytest.approx(
        heard.ranking[0].probability, abs=1e-5
    )
    assert both.model == "fusion-tiny"
    for opinion in both.opinions:
        shares = [label.probability for label in opinion.ranking]
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert shares == sorted(shares, reverse=True)
        if opinion.sight is not None:
            assert opinion.sight + opinion.sound == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("senses", "strategy", "key"),
    [
        ((False, False), "attention", "fusion.nothing"),
        ((True, True), "magic", "fusion.strategy"),
        ((True, False), "audio", "fusion.other_sense"),
        ((False, True), "visual", "fusion.other_sense"),
    ],
)
def test_what_cannot_be_answered_says_why(predictor, senses, strategy, key):
    seen, heard = senses
    perceived = predictor.perceive(picture() if seen else None, sound() if heard else None)
    with pytest.raises(UserError) as caught:
        predictor.answer(perceived, strategy)
    assert caught.value.key == key


def test_the_terms_are_those_of_the_answer(predictor):
    perceived = predictor.perceive(picture("harp"), sound("bee"))
    answer, terms = predictor.answer(perceived), predictor.terms(perceived)
    opinions = {o.strategy: o for o in answer.opinions}

    weights = np.exp(terms.attention.scores) / np.exp(terms.attention.scores).sum()
    assert weights[0] == pytest.approx(opinions["attention"].sight, abs=1e-3)
    assert len(terms.attention.units) == 3

    late = terms.late
    assert late.alpha == pytest.approx(opinions["late"].sight, abs=1e-3)
    assert set(late.logits) == set(THINGS)
    z = {c: late.alpha * v + (1 - late.alpha) * a for c, (v, a) in late.logits.items()}
    assert max(z, key=z.get) == opinions["late"].ranking[0].label

    outputs = [max(0, sum(unit)) for unit in terms.early]
    assert len(outputs) == 2
    assert outputs == sorted(outputs, reverse=True)


@pytest.mark.parametrize(
    ("seen", "heard", "first"),
    [(0, 1, ["chime", "drum"]), (1, 0, ["drum", "chime"]), (2, 2, ["coin", "horn"])],
)
def test_late_shows_what_each_sense_says_or_the_runner_up(predictor, seen, heard, first):
    late = predictor.model.of("misleading")["late"].fusion
    for classifier, says in ((late.visual_classifier, seen), (late.audio_classifier, heard)):
        torch.nn.init.zeros_(classifier.weight)
        torch.nn.init.zeros_(classifier.bias)
        classifier.bias.data[[says, THINGS.index("horn")]] = torch.tensor([2.0, 1.0])
    logits = predictor.terms(predictor.perceive(picture(), sound())).late.logits
    assert list(logits)[:2] == first


def test_attention_shows_the_units_that_matter_most(predictor):
    fusion = predictor.model.of("misleading")["attention"].fusion
    torch.nn.init.zeros_(fusion.classifier.weight)
    torch.nn.init.constant_(fusion.visual_encoder[0].bias, 9)  # no unit is silent
    fusion.classifier.weight.data[:, [3, 5, 7]] = torch.tensor([1.0, 100.0, -10_000.0])
    perceived = predictor.perceive(picture(), sound())
    visual, audio = predictor.model.of("misleading")["attention"].encode(
        torch.from_numpy(perceived.picture)[None], torch.from_numpy(perceived.mel)[None]
    )
    h = fusion.terms(visual, audio)[0][0, :, [7, 5, 3]].T
    assert np.allclose(predictor.terms(perceived).attention.units, h.detach(), atol=1e-3)


def test_a_missing_sense_or_strategy_has_no_terms(predictor, train, tmp_path):
    assert predictor.terms(predictor.perceive(picture(), None)) is None
    assert predictor.terms(predictor.perceive(None, sound())) is None
    train(tmp_path / "late", TINY.changed({"strategy": "late"}))
    alone = Predictor(tmp_path / "late")
    terms = alone.terms(alone.perceive(picture(), sound()))
    assert terms.attention is terms.early is None
    assert terms.late is not None


def test_a_group_it_was_not_trained_on_is_refused(predictor):
    with pytest.raises(UserError, match=r"knob\.illegal"):
        predictor.answer(predictor.perceive(picture(), None), group="independent")


def test_what_is_done_to_the_senses_is_seen_and_heard(predictor):
    clean = predictor.perceive(picture(), sound())
    spoiled = predictor.perceive(picture(), sound(), noise=1, occlusion=0.5, snr_db=-10)
    again = predictor.perceive(picture(), sound(), noise=1, occlusion=0.5, snr_db=-10)
    assert np.array_equal(spoiled.picture, again.picture)  # the same noise each time
    assert not np.array_equal(clean.picture, spoiled.picture)
    assert spoiled.wave.std() == pytest.approx(clean.wave.std(), rel=0.01)  # equally loud
    assert abs(np.corrcoef(clean.wave, spoiled.wave)[0, 1]) < 0.5


def drawn(ink, paper, top=40, left=150):
    pixels = np.full((280, 280, 3), paper, np.uint8)
    pixels[top : top + 90, left : left + 12] = ink
    pixels[top : top + 12, left : left + 60] = ink
    return pixels


def test_ink_is_ink_on_light_and_on_dark_wherever_it_stands():
    digit = as_digit(drawn(0, 255))
    assert digit.shape == (28, 28)
    assert digit.max() == pytest.approx(1)
    assert np.allclose(digit, as_digit(drawn(255, 0)), atol=0.01)
    assert np.array_equal(digit, as_digit(drawn(0, 255, top=150, left=20)))


def test_the_centre_of_mass_is_in_the_middle_and_the_size_is_20():
    digit = as_digit(drawn(0, 255))
    places = np.arange(28) + 0.5
    assert abs((digit.sum(1) * places).sum() / digit.sum() - 14) <= 0.5
    assert abs((digit.sum(0) * places).sum() / digit.sum() - 14) <= 0.5
    rows = np.flatnonzero(digit.max(1) > 0)
    assert rows[-1] - rows[0] + 1 == 20


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_empty_picture_has_no_digit(grey):
    with pytest.raises(UserError, match=r"fusion\.empty_picture"):
        as_digit(np.full((50, 80, 3), grey, np.uint8))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_a_patch_covers_the_share_of_the_inner_square(share):
    digit = np.zeros((28, 28), np.float32)
    covered = cover(digit, share, np.random.default_rng(0))
    assert not digit.any()
    grey = covered == np.float32(COVER_GREY)
    assert grey.sum() / 400 == pytest.approx(share, abs=0.05)
    assert not grey[:4].any()
    assert not grey[:, 24:].any()
