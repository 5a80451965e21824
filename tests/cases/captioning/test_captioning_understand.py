"""Understand: the numbers are the model's own, the tables say them, nothing from outside breaks it."""

import json
import math
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mm_demo import case as cases
from mm_demo import words
from mm_demo.cases.captioning import CAPTIONING, understand
from mm_demo.cases.captioning import understand_numbers as numbers
from mm_demo.cases.captioning import understand_pieces as pieces
from mm_demo.cases.captioning import understand_tables as tables
from mm_demo.cases.captioning.decode import Decoding
from mm_demo.cases.captioning.predict import Predictor
from mm_demo.data.scenes import is_true
from mm_demo.data.scenes.captions import captions
from mm_demo.errors import UserError
from mm_demo.metrics.captions import sentence_bleu_steps
from tests.cases.captioning.small_captioner import saved


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return Predictor(saved(tmp_path_factory.mktemp("model") / "captioning-scenes"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain") / "captioning-scenes"
    return Predictor(saved(folder, languages=("en",), attention=False, steps=5))


def text_of(html):
    return re.sub(r"<[^>]*>", "", html)


def test_references_are_true_sentences_about_their_scene():
    for index, scene in enumerate(numbers.scenes()):
        told = captions(scene, np.random.default_rng([29, index]), "en", numbers.REFERENCES)
        assert all(is_true(each, scene) for each in told)
        assert numbers.references(index, "en") == [each.text for each in told]
        for language in ("en", "zh"):
            for text in numbers.references(index, language):
                true, stated = numbers.facts(text, index, language)
                assert true == stated > 0


def test_the_examples_sentence_is_the_greedy_one_with_its_probabilities(model):
    found = numbers.example(model, 0, "en")
    said = model.caption(numbers.picture(0), Decoding("greedy"), "en", evidence=True)
    assert found["sentence"] == said.caption
    likely = [each["probability"] for each in found["words"]]
    assert likely == pytest.approx([each.probability for each in said.words], abs=1e-6)
    product = math.prod([*likely, found["end"]])
    assert product ** (1 / (len(likely) + 1)) == pytest.approx(said.sureness, rel=1e-4)


def test_a_word_has_a_weight_for_every_cell(model):
    found = numbers.example(model, 1, "en")
    assert len(found["weights"]) == len(found["words"])
    assert all(len(row) == found["side"] ** 2 for row in found["weights"])
    assert np.sum(found["weights"], 1) == pytest.approx(1, abs=1e-3)
    maps = model.caption(numbers.picture(1), Decoding("greedy"), "en", evidence=True).words
    raw = torch.tensor(found["weights"])
    assert model.maps(raw).numpy() == pytest.approx(
        np.array([each.map for each in maps]), abs=0.005
    )


def test_a_model_without_attention_has_no_weights_and_one_language(plain):
    found = numbers.example(plain, 0, "zh")
    assert (found["weights"], found["side"], found["language"]) == (None, 0, "en")


def test_teacher_forcing_reads_the_true_words(model):
    found = numbers.forced(model, 2, "en")
    true = max(numbers.references(2, "en"), key=len)
    assert [each.true for each in found] == [*model.words.text(
        model.words.ids(true)[:-1], "en").split(), ""]  # fmt: skip
    assert sum(each.true == each.said for each in found) > len(found) / 3  # it learned them
    for each in found:
        assert each.said_probability >= each.true_probability - 1e-4
        if each.true == each.said:
            assert each.said_probability == pytest.approx(each.true_probability, abs=1e-3)


def test_every_way_of_decoding_is_there_once_and_measured_alike(model):
    found = numbers.decoded(model, 0, "en", 3)
    ways = [way for each in found for way in each.ways]
    assert sorted(ways) == sorted(
        [("greedy", 1), *(("beam", w) for w in numbers.WIDTHS),
         *(("sample", t) for t in numbers.TEMPERATURES), ("reference", 0)]
    )  # fmt: skip
    assert len({each.sentence for each in found}) == len(found)
    for each in found:
        likely = [w.probability for w in model.read(numbers.picture(0), each.sentence)]
        assert each.log_probability == pytest.approx(sum(map(math.log, likely)))
        assert each.facts == numbers.facts(each.sentence, 0, "en")
    (reference,) = (each for each in found if ("reference", 0) in each.ways)
    assert reference.facts[0] == reference.facts[1] > 0


def test_other_dice_say_something_else(model):
    said = {
        tuple(each.sentence for each in numbers.decoded(model, 0, "en", seed)) for seed in range(3)
    }
    assert len(said) > 1


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=12))
def test_log_p_is_the_log_of_the_product(likely):
    assert numbers.log_probability(likely) == pytest.approx(math.log(math.prod(likely)), abs=1e-6)
    assert numbers.log_probability([*likely, 0.0]) == -math.inf


def test_a_wrong_word_stays_and_the_rest_follows_from_it(model):
    own = numbers.own_words(model, 0, "en")
    place = next(n for n, word in enumerate(own) if word.word == "boat")
    found = numbers.slip(model, 0, place, "house", "en")
    assert [word for word, _ in found.words[:place]] == [word.word for word in own[:place]]
    assert found.words[place][0] == "house"
    assert found.place == place
    assert found.facts_before == numbers.facts(numbers.sentence_of(own, "en"), 0, "en")
    sentence = " ".join(word for word, _ in found.words)
    assert found.facts == numbers.facts(sentence, 0, "en")
    after = model.read(numbers.picture(0), sentence)[place + 1 :]
    mean = math.prod(word.probability for word in after) ** (1 / len(after))
    assert found.rest == pytest.approx(mean, rel=1e-3)


@pytest.mark.parametrize(("place", "word"), [(500, "house"), (-1, "house"), (0, ""), (0, "zebra")])
def test_a_word_or_place_that_is_none_is_refused(model, place, word):
    with pytest.raises(UserError) as caught:
        numbers.slip(model, 0, place, word, "en")
    assert caught.value.key == "captioning.unknown_word"


def test_wrong_words_can_be_said_and_are_others(model):
    own = numbers.own_words(model, 0, "en")
    offered = numbers.wrong_words(model, own, "en")
    assert len(offered) == len(own) - 1
    for word, others in zip(own, offered, strict=False):
        assert others
        assert word.word not in others
        assert all(model.words.tokenizer.token_to_id(other) for other in others)
    colour = next(n for n, word in enumerate(own) if word.word in ("red", "green"))
    assert {"red", "green", "blue", "purple", "white"} & set(offered[colour])


def test_the_likeliest_stands_first_and_the_finding_is_so():
    short = numbers.Decoded((("greedy", 1.0), ("beam", 2.0)), "a boat", -1.5, 2, (1, 1))
    full = numbers.Decoded((("reference", 0.0),), "a red boat on the sea", -9.25, 6, (3, 3))
    html = tables.decodings([full, short], "en")
    assert html.index("a boat<") < html.index("a red boat on the sea<")
    assert "−9.25" in html
    assert "−0.50" in html  # -1.5 over two words and the end
    assert words.say("en", "captioning.understand.decoding.other", first=1, most=3) in html
    best = tables.decodings([full, replace(short, log_probability=-12)], "en")
    assert words.say("en", "captioning.understand.decoding.same") in best
    assert "−∞" in tables.decodings([replace(full, log_probability=-math.inf)], "en")


def test_hits_are_counted_and_marked():
    found = [numbers.Forced("a", "a", 0.9, 0.9), numbers.Forced("<b>", "boat", 0.1, 0.4),
             numbers.Forced("", "", 0.8, 0.8)]  # fmt: skip
    html = tables.forcing(found, [("a", 0.9)], (0, 0), "en")
    assert (html.count('class="ok"'), html.count('class="off"')) == (2, 1)
    assert text_of(words.both("captioning.understand.forcing.hits", hits=2, all=3)) in text_of(html)
    assert "&lt;b&gt;" in html


def test_bleu_shows_clipping_penalty_and_where_it_is_zero():
    steps = sentence_bleu_steps("the the the cat", ["the cat is on the mat"])
    html = tables.bleu(steps, "en")
    assert "= 3/4 = " in html
    assert "the<small>2/3</small>" in html
    assert f"BP = {math.exp(1 - 6 / 4):.3f}" in html
    assert words.say("en", "captioning.understand.bleu.zero", n=3) in html
    same = tables.bleu(sentence_bleu_steps("a red boat sails", ["a red boat sails"]), "en")
    assert '<b data-n="bleu">1.000</b>' in same
    assert "BP = 1<" in same


def test_chinese_is_counted_by_characters():
    told = understand.steps({"sentence": "一艘红船", "references": "一艘红船\n\n"})
    assert "= 4/4 = " in told["steps"]
    assert 'lang="zh-CN"' in told["steps"]
    assert (
        "= 3/3 = "
        in understand.steps({"sentence": "a red boat", "references": "a red boat"})["steps"]
    )


def test_no_reference_is_a_persons_slip():
    with pytest.raises(UserError) as caught:
        understand.steps({"sentence": "a boat", "references": " \n.\n"})
    assert caught.value.key == "captions.empty_reference"


@pytest.mark.parametrize("index", [0, 3, 4, -1, "1", None, 2.5, True, [1]])
def test_what_comes_from_outside_is_an_example_or_the_first(plain, index):
    found = understand.example(plain, {"index": index, "language": ["en"]})
    assert found["index"] == (index if index in (0, 3) else 1 if index is True else 0)
    assert json.dumps(found)
    assert found["picture"].startswith("data:image/")


def test_the_page_has_its_figures_beside_the_baselines(tmp_path, monkeypatch):
    monkeypatch.setattr(cases, "CHECKPOINTS", tmp_path)
    assert words.both("captioning.understand.figures.none") in understand.page(CAPTIONING)
    folder = CAPTIONING.checkpoint()
    folder.mkdir()
    figures = {"bleu4": 0.5512, "bleu4_constant": 0.2134, "bleu4_above_constant": 0.3378,
               "fact_f1": 0.824}  # fmt: skip
    recorded = {"metrics": figures, "command": "python -m mm_demo evaluate captioning"}
    (folder / "metrics.json").write_text(json.dumps(recorded))
    html = pieces.figures(CAPTIONING)
    assert ">0.55<" in html
    assert ">0.34<" in html
    assert ">0.82<" in html
    assert "BLEU-4 0.21" in text_of(html)
    assert 'data-copy="python -m mm_demo evaluate captioning"' in html
    assert words.both("captioning.metric.cider") not in html  # not measured, not shown
    assert words.both("captioning.understand.plain") not in html
    rows = [{"key": "attention", "bleu4": 0.41}, {"key": "plain", "bleu4": 0.37}]
    (folder / "ablation.json").write_text(json.dumps({"rows": rows}))
    html = pieces.figures(CAPTIONING)
    assert ">0.41<" in html
    assert ">0.37<" in html


def test_every_formula_can_be_heard(tmp_path, monkeypatch):
    monkeypatch.setattr(cases, "CHECKPOINTS", tmp_path)
    page = understand.page(CAPTIONING)
    named = re.findall(r'role="math" aria-labelledby="([^"]+)"', page)
    assert len(named) == len(set(named)) == 4
    assert all(f'id="{name}"' in page for name in named)


def test_a_fault_stands_where_the_answer_would_be(monkeypatch):
    built = {}

    class Panel:
        def select(self, handler, *_, **__):
            built["ask"] = handler

    monkeypatch.setattr(understand.gr, "HTML", lambda *_, **__: Panel())

    def missing(session, name):
        raise UserError("checkpoint.foreign", folder="x")

    understand.build(SimpleNamespace(case=CAPTIONING, predictor=missing))
    request = SimpleNamespace(session_hash="s")
    told = built["ask"](request, SimpleNamespace(_data={"do": "example", "index": 0}))
    assert told["do"] == "example"
    assert "alert" in told["error"]
    assert words.both("error.bug") not in told["error"]
    odd = built["ask"](request, SimpleNamespace(_data={"do": "nothing known"}))
    assert "error" in odd
