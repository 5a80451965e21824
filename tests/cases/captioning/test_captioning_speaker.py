"""Plain answers of a small captioner: what they say of the model is what it computed."""

import json
import math
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models

from mm_demo import store
from mm_demo.cases.captioning.decode import Decoding, decode
from mm_demo.cases.captioning.explain import explain
from mm_demo.cases.captioning.model import SceneCaptioner, caption_loss
from mm_demo.cases.captioning.predict import FAMILIAR, Predictor
from mm_demo.cases.captioning.speaker import TRUST, Trust, sureness
from mm_demo.cases.captioning.vocabulary import Vocabulary, mark
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.nn.domain import Familiar
from mm_demo.nn.preprocess import to_tensor
from mm_demo.nn.tokens import build_tokenizer

TEXTS = ["a red boat left of two green houses", "一艘红色的船在房子左边"]
KEPT = Trust("facts", {"en": ([0.2, 0.4, 0.6, 0.8], [0.1, 0.3, 0.5, 0.7, 0.9])})


def picture(seed, size=(32, 32)):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    return Picture(pixels, size)


def saved(folder, languages=("en", "zh"), attention=True, steps=50):
    """A small captioner that half knows senseless sentences about eight pictures of noise."""
    torch.manual_seed(0)
    tokenizer = build_tokenizer(TEXTS, 40, [mark(each) for each in languages])
    model = SceneCaptioner(
        tokenizer.get_vocab_size(),
        16,
        24,
        attention=attention,
        image={"image_size": 32, "width": 8},
    )
    words, rng = Vocabulary(tokenizer), np.random.default_rng(0)
    images = to_tensor(np.stack([picture(seed).pixels for seed in range(8)]))
    captions = []
    for language in languages:
        known = TEXTS[0].split() if language == "en" else list(TEXTS[1])
        for length in rng.integers(1, 6, 8):
            said = words.ids(" ".join(rng.choice(known, length)))
            captions.append(torch.tensor([*words.words(language).start, *said]))
    captions = torch.nn.utils.rnn.pad_sequence(captions, batch_first=True)
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(steps):
        optimiser.zero_grad()
        logits = model(images.repeat(len(languages), 1, 1, 1), captions[:, :-1])
        caption_loss(logits, captions).backward()
        optimiser.step()
    model.save_pretrained(folder)
    tokenizer.save(str(folder / store.TOKENIZER))
    looks = torch.randn(80, 32)
    store.write_tensors(folder / FAMILIAR, vars(Familiar.fit(looks[:40], looks[40:])))
    KEPT.save(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("model") / "speaking")


@pytest.fixture(scope="module")
def predictor(folder):
    return Predictor(folder)


def test_a_caption_says_what_decoding_found(predictor):
    how = Decoding("beam", 4)
    for seed, language in ((0, "en"), (1, "en"), (2, "zh")):
        answer = predictor.caption(picture(seed), how, language)
        looked, strangeness = predictor.look([picture(seed)])
        words = predictor.words.words(language)
        with torch.inference_mode():
            found = decode(predictor.captioner, looked, words, how)
            thought, _ = explain(predictor.captioner, looked, words, found.ids[0][0])
        texts = [predictor.words.text(ids, language) for ids in found.ids[0]]
        assert [answer.caption, *answer.others] == texts
        ids = [*found.ids[0][0], words.end]
        mean = sum(float(thought[place, number]) for place, number in enumerate(ids)) / len(ids)
        assert answer.sureness == pytest.approx(math.exp(mean), rel=1e-4)
        assert (answer.language, answer.method, answer.model) == (language, "beam", "speaking")
        assert answer.strangeness == pytest.approx(strangeness[0], rel=1e-4)
        assert answer.outside == (answer.strangeness > 1)
        assert (answer.words, answer.tree) == ([], [])
        json.dumps(asdict(answer), allow_nan=False)


def test_pictures_of_any_size_are_looked_at_and_strange_ones_told(predictor, folder):
    tall = Picture(np.full((500, 40, 3), 255, np.uint8), (40, 500))
    assert predictor.caption(tall).caption
    knowing = Predictor(folder)
    one, other = (
        knowing.model.pictures.tokens(to_tensor(picture(seed).pixels[None])).mean(1)[0]
        for seed in (0, 1)
    )
    knowing.familiar = Familiar(one, torch.eye(32), (other - one).norm() / 2)
    answers = knowing.captions([picture(0), picture(1)])
    assert [each.strangeness for each in answers] == pytest.approx([0, 2], abs=1e-3)
    assert [each.outside for each in answers] == [False, True]


def test_the_evidence_is_that_of_the_sentence(predictor):
    for seed in range(4):
        answer = predictor.caption(picture(seed), Decoding("beam", 3), evidence=True)
        assert " ".join(each.word for each in answer.words) == answer.caption
        for word in answer.words:
            gained = [each.probability for each in word.alternatives]
            assert 1 <= len(gained) <= 5
            assert gained == sorted(gained, reverse=True)
            assert sum(gained) <= 1.001
            named = {each.word: each.probability for each in word.alternatives}
            if word.word in named:
                assert named[word.word] == pytest.approx(word.probability, abs=1e-4)
            assert not {"[PAD]", "[UNK]", "[SOT]", "[en]", "[zh]"} & set(named)
            grid = np.array(word.map)
            assert grid.shape[0] == grid.shape[1]
            assert grid.min() >= 0
            assert grid.max() <= 1
        json.dumps(asdict(answer), allow_nan=False)


def test_of_a_greedy_sentence_each_word_was_the_likeliest(predictor):
    answer = predictor.caption(picture(3), Decoding("greedy"), evidence=True)
    assert [each.alternatives[0].word for each in answer.words] == [e.word for e in answer.words]
    assert answer.tree == []
    assert answer.others == []


@pytest.mark.parametrize("width", [1, 3, 6])
def test_the_chosen_nodes_of_the_tree_spell_the_answer(predictor, width):
    for seed in range(6):
        answer = predictor.caption(
            picture(seed), Decoding("beam", width, max_words=7), evidence=True
        )
        chosen = [node for step in answer.tree for node in step if node.chosen]
        assert all(sum(node.chosen for node in step) <= 1 for step in answer.tree)
        spelled = [node.word for node in chosen]
        assert spelled in (answer.caption.split(), [*answer.caption.split(), ""])
        assert [node.fate for node in chosen[:-1]] == ["kept"] * (len(chosen) - 1)
        assert (chosen[-1].fate == "ended") == (chosen[-1].word == "")
        for before, step in zip(answer.tree, answer.tree[1:], strict=False):
            kept = [node for node in before if node.fate == "kept"]
            assert len(kept) <= width
            for node in step:
                assert node.score <= kept[node.parent].score + 2e-3


def test_without_attention_there_is_no_map(tmp_path):
    plain = Predictor(saved(tmp_path, attention=False, steps=5))
    answer = plain.caption(picture(0), evidence=True)
    assert [each.map for each in answer.words] == [None] * len(answer.words)
    assert answer.tree


def test_many_pictures_are_answered_as_each_alone(predictor):
    pictures = [picture(seed) for seed in range(20)]
    for how in (Decoding("beam", 3), Decoding("greedy")):
        together = predictor.captions(pictures, how)
        alone = [predictor.caption(each, how) for each in pictures]
        assert [each.caption for each in together] == [each.caption for each in alone]
        assert [e.sureness for e in together] == pytest.approx(
            [e.sureness for e in alone], abs=1e-4
        )
    assert len({each.caption for each in together}) > 3
    assert predictor.captions([]) == []


def test_what_would_have_followed_another_word(predictor):
    said = predictor.caption(picture(1), Decoding("greedy")).caption.split()
    for place in range(len(said)):
        again = predictor.instead(picture(1), said[:place], said[place], Decoding("greedy"))
        assert again.split() == said
    other = predictor.instead(picture(1), ["a", "green"], "boat")
    assert other.split()[:3] == ["a", "green", "boat"]
    assert predictor.instead(picture(1), ["a", "red", "boat"], "") == "a red boat"
    assert predictor.instead(picture(1), ["一", "艘"], "船", language="zh").startswith("一艘船")


@pytest.mark.parametrize("word", ["dinghy", "[UNK]", "[PAD]", "[SOT]", "[EOT]", "[zh]"])
def test_a_word_that_it_cannot_say_is_named(predictor, word):
    for before, after in (([], word), (["a", word], "boat")):
        with pytest.raises(UserError) as error:
            predictor.instead(picture(1), before, after)
        assert (error.value.key, error.value.facts) == ("captioning.unknown_word", {"word": word})


def test_a_given_sentence_is_read_word_by_word(predictor):
    words = predictor.read(picture(2), "A red dinghy boat")
    assert [each.word for each in words] == ["a", "red", "[UNK]", "boat", ""]
    assert words[2].probability == 0
    assert words[2].alternatives[0].probability > 0
    ids = predictor.words.ids("a red dinghy boat")
    looked, _ = predictor.look([picture(2)])
    with torch.inference_mode():
        thought, _ = explain(predictor.captioner, looked, predictor.words.words("en"), ids[:-1])
    for place in (0, 1, 4):
        gained = float(thought[place, ids[place]].exp())
        assert words[place].probability == pytest.approx(gained, rel=1e-4)
    own = predictor.caption(picture(2), evidence=True)
    again = predictor.read(picture(2), own.caption)
    assert again[:-1] == own.words
    assert sureness([[each.probability for each in again]]) == pytest.approx(
        [own.sureness], rel=1e-3
    )
    assert [each.word for each in predictor.read(picture(2), "红船", "zh")] == ["红", "船", ""]


def test_nothing_and_much_are_read_as_well(predictor):
    (end,) = predictor.read(picture(2), "  ")
    assert (end.word, end.probability) == ("", 0)  # no sentence is empty
    assert len(predictor.read(picture(2), "red " * 400)) <= 40


def test_a_language_that_it_never_learned_is_named(tmp_path, predictor):
    english = Predictor(saved(tmp_path, ("en",), steps=5))
    for ask in (
        lambda: english.caption(picture(0), language="zh"),
        lambda: english.captions([picture(0)], language="zh"),
        lambda: english.instead(picture(0), [], "a", language="zh"),
        lambda: english.read(picture(0), "一艘船", "zh"),
    ):
        with pytest.raises(UserError) as error:
            ask()
        assert error.value.key == "captioning.other_language"
        assert error.value.facts == {"language": "zh", "known": "en"}
    with pytest.raises(UserError, match="other_language"):
        predictor.caption(picture(0), language="fr")
    assert " " not in predictor.caption(picture(0), language="zh").caption


def test_eight_threads_get_the_same_answers(predictor):
    def ask(seed):
        how = Decoding(("beam", "greedy", "sample")[seed % 3])
        return predictor.caption(picture(seed), how, evidence=True)

    alone = [ask(seed) for seed in range(16)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(16))) == alone


def test_sureness_is_the_geometric_mean():
    assert sureness([[0.5, 0.5], [0.2, 0.8], [1.0]]) == pytest.approx([0.5, 0.4, 1.0])
    assert sureness([[0.0, 1.0]])[0] == pytest.approx(1e-6)  # never a logarithm of 0


def test_trust_is_the_share_that_was_right_among_the_equally_sure():
    sure = [n / 10 for n in range(1, 11)]
    counts = [(0, 4), (2, 4), (1, 4), (1, 2), (2, 4), (2, 2), (3, 4), (3, 3), (4, 4), (0, 0)]
    trust = Trust.fit("facts", {"en": (sure, counts)})
    edges, shares = trust.bins["en"]
    assert edges == pytest.approx(np.quantile(sure, [0.2, 0.4, 0.6, 0.8]).tolist(), abs=1e-4)
    assert shares == pytest.approx([2 / 8, 2 / 6, 4 / 6, 6 / 7, 1.0], abs=1e-4)
    assert trust.of("en", 0.0) == trust.of("en", 0.15) == 0.25
    assert trust.of("en", 1.0) == 1.0
    assert trust.of("zh", 0.5) is None
    alike = Trust.fit("words", {"en": ([0.5] * 3, [(1, 2)] * 3)})
    assert alike.of("en", 0.5) == 0.5


def test_trust_is_kept_in_the_folder_and_told_in_the_answer(folder, predictor, tmp_path):
    assert Trust.load(folder) == KEPT
    assert Trust.load(tmp_path) == Trust("", {})
    answer = predictor.caption(picture(0))
    assert answer.trust == KEPT.of("en", answer.sureness)
    assert answer.trust_of == "facts"
    assert predictor.caption(picture(0), language="zh").trust is None


@pytest.mark.parametrize(
    "content",
    [
        {}, {"what": "facts"}, {"what": "facts", "bins": []}, {"what": "facts", "bins": {"en": 3}},
        {"what": "facts", "bins": {"en": {"edges": [0.5], "shares": [0.5]}}},
        {"what": "facts", "bins": {"en": {"edges": ["x"], "shares": [0.5, 0.6]}}},
    ],
)  # fmt: skip
def test_a_foreign_measurement_of_trust_is_refused(tmp_path, content):
    store.write_json(tmp_path / TRUST, content)
    with pytest.raises(UserError) as error:
        Trust.load(tmp_path)
    assert error.value.key == "checkpoint.foreign"


@pytest.mark.parametrize("file", [store.WEIGHTS, store.CONFIG, store.TOKENIZER, FAMILIAR])
@pytest.mark.parametrize("content", [None, b"", b"x" * 400])
def test_a_broken_folder_is_named(folder, tmp_path, file, content):
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / file).unlink()
    if content is not None:
        (broken / file).write_bytes(content)
    with pytest.raises(UserError) as error:
        Predictor(broken)
    assert error.value.key == f"checkpoint.{'missing_file' if content is None else 'damaged'}"
    assert error.value.facts["file"] == file


@pytest.mark.parametrize(
    "tokenizer",
    [
        build_tokenizer(["one word more"]),
        Tokenizer(models.WordLevel({"a": 0}, unk_token="a")),  # without start and end
    ],
)
def test_the_words_of_another_model_are_foreign(folder, tmp_path, tokenizer):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    tokenizer.save(str(other / store.TOKENIZER))
    with pytest.raises(UserError) as error:
        Predictor(other)
    assert error.value.key == "checkpoint.foreign"
