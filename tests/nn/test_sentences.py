"""The sentence tower equals transformers' BERT with mean pooling; order and padding do not matter."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from mm_demo.nn.sentences import MAX_PIECES, Sentences, SentenceTower, from_bert, pieces

transformers = pytest.importorskip("transformers")

SMALL = {"vocab_size": 40, "dim": 24, "num_layers": 2, "num_heads": 3}


def tokenizer():
    """A WordPiece tokenizer that knows a few words and all letters."""
    letters = [chr(k) for k in range(ord("a"), ord("z") + 1)]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "boat", "snow", "##board", "##ing", "$"]
    vocabulary = {w: k for k, w in enumerate([*words, *letters, *(f"##{c}" for c in letters)])}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.enable_padding(length=128)  # as the published one does
    return made


@pytest.fixture(scope="module")
def bert():
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=40, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
        intermediate_size=96, layer_norm_eps=1e-12,
    )  # fmt: skip
    made = transformers.BertModel(config).eval()
    for parameter in made.parameters():  # large enough for norms and segments to count
        parameter.data.normal_(std=0.3)
    return made


def expected(bert, ids, mask):
    states = bert(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return states, F.normalize(mean, dim=-1)


def test_equals_bert(bert):
    tower = SentenceTower(**SMALL).eval()
    tower.load_state_dict(from_bert(bert.state_dict()))
    ids = torch.randint(0, 40, (4, 9))
    mask = torch.arange(9)[None] < torch.tensor([9, 5, 2, 1])[:, None]
    with torch.no_grad():
        states, vectors = expected(bert, ids, mask)
        torch.testing.assert_close(tower(ids, mask), vectors, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(
            tower.tokens(ids, mask)[mask], states[mask], atol=1e-5, rtol=1e-5
        )


def test_every_parameter_gets_a_gradient():
    torch.manual_seed(0)
    tower = SentenceTower(**SMALL)
    ids = torch.randint(0, 40, (3, 6))
    (tower(ids, torch.ones(3, 6, dtype=torch.bool)) * torch.randn(24)).sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in tower.parameters())


@pytest.fixture(scope="module")
def sentences():
    torch.manual_seed(1)
    tower = SentenceTower(**{**SMALL, "vocab_size": 70})
    for parameter in tower.parameters():
        parameter.data.normal_(std=0.3)
    return Sentences(tower, tokenizer())


def test_a_sentence_has_one_vector_whatever_stands_beside_it(sentences):
    texts = [" ".join(["red", "boat", "snow"][: k % 3 + 1] * (k % 7 + 1)) for k in range(70)]
    together = sentences.encode(texts)
    alone = np.concatenate([sentences.encode([text]) for text in texts])
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    order, other = sentences.encode(["red boat snow", "snow boat red"])
    assert abs(order - other).max() > 1e-3


def test_no_sentence_and_an_empty_one(sentences):
    assert sentences.encode([]).shape == (0, 24)
    assert np.linalg.norm(sentences.encode([""])) == pytest.approx(1)


def test_nothing_is_read_beyond_the_limit(sentences):
    read = MAX_PIECES - 2
    long = sentences.encode(["red " * read, "red " * read + "boat", "red " * (read - 1) + "boat"])
    np.testing.assert_array_equal(long[0], long[1])
    assert abs(long[0] - long[2]).max() > 1e-4


def known(sentences, text):
    return {word.text: word.known for word in pieces(sentences.tokenizer, text)}


def test_words_in_pieces(sentences):
    assert [tuple(word) for word in pieces(sentences.tokenizer, "Snowboarding, red!")] == [
        ("Snowboarding", ("snow", "board", "ing"), True),
        ("red", ("red",), True),
    ]


def test_scripts_and_signs_without_a_word(sentences):
    text = "a red帆船, “boat” 🦄 для $5 — ok"
    assert known(sentences, text) == {
        "a": True, "red": True, "帆船": False, "boat": True, "🦄": False, "для": False,
        "5": False, "ok": True,
    }  # fmt: skip


def test_letters_that_nobody_could_pronounce(sentences):
    """The tokenizer cuts all of these into letters: only what can be said is left alone."""
    unknown = {"xqzvbk", "asdfgh", "bcdfg", "zzzz"}
    said = {"zebra", "corgi", "bmx", "yacht", "éclair"}
    text = " ".join([*unknown, *said])
    assert known(sentences, text) == {w: w in said for w in (*unknown, *said)}
