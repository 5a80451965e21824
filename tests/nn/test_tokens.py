"""Tokens: the end token is the largest, padding is 0, what is unknown is named as typed."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from mm_demo.nn.tokens import build_tokenizer, encode, unknown_words

TOKENIZER = build_tokenizer(["a photo of a red boat", "一艘红色的船"], max_len=12)


def test_padded_with_zero_and_ended_by_the_largest_id():
    ids = encode(TOKENIZER, ["a red boat", "a photo of a red boat"])
    assert ids.shape == (2, 8)
    assert ids[0, 5:].tolist() == [0, 0, 0]
    end = TOKENIZER.get_vocab_size() - 1
    assert ids.argmax(-1).tolist() == [4, 7]
    assert ids.max() == end


def test_case_and_width_do_not_matter():
    assert torch.equal(encode(TOKENIZER, ["A RED boat"]), encode(TOKENIZER, ["a red boat"]))


def test_a_long_text_keeps_its_end_token():
    ids = encode(TOKENIZER, ["red " * 40])
    assert ids.shape == (1, 12)
    assert int(ids[0, -1]) == TOKENIZER.get_vocab_size() - 1


def test_unknown_words_as_typed():
    assert unknown_words(TOKENIZER, "a Dinghy of red 猫, dinghy") == ["Dinghy", "猫", ",", "dinghy"]
    assert unknown_words(TOKENIZER, "一艘船 boat") == []


def test_marks_are_tokens_that_no_text_contains():
    marked = build_tokenizer(["a red [en] boat"], marks=["[en]", "[zh]"])
    plain = build_tokenizer(["a red [en] boat"])
    vocabulary = marked.get_vocab()
    assert [vocabulary[mark] for mark in ("[en]", "[zh]")] == [3, 4]
    assert marked.get_vocab_size() == plain.get_vocab_size() + 2
    assert vocabulary["[EOT]"] == max(vocabulary.values())
    ids = encode(marked, ["a [en] [zh] boat"])
    assert not {3, 4} & set(ids.flatten().tolist())


@given(st.text(max_size=60))
def test_any_text_is_encoded(text):
    ids = encode(TOKENIZER, [text])
    assert ids.shape[0] == 1
    assert 2 <= ids.shape[1] <= 12
    for word in unknown_words(TOKENIZER, text):
        assert word in text
