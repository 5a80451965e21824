"""Word-level tokens for English and single characters for Chinese, in one `tokenizer.json`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor

PAD, UNKNOWN, START, END = "[PAD]", "[UNK]", "[SOT]", "[EOT]"
SPECIAL = (PAD, UNKNOWN, START, END)
_CHINESE = Regex("[\u3400-\u9fff]")


def build_tokenizer(
    texts: Iterable[str], max_len: int = 77, marks: Sequence[str] = ()
) -> Tokenizer:
    """A tokenizer that knows exactly the words and characters of `texts`, in order of appearance.

    `marks`: further names such as "[en]", which no text contains.

    The end token gets the largest id of all, so a model finds it as the maximum of the ids
    (as OpenAI's CLIP does). Sequences are cut at `max_len`, the end token kept.
    """
    tokenizer = Tokenizer(models.WordLevel({}, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(_CHINESE, "isolated"), pre_tokenizers.Whitespace()]
    )
    words: dict[str, None] = {}
    for text in texts:
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(
            tokenizer.normalizer.normalize_str(text)
        ):
            words[word] = None
    names = [PAD, UNKNOWN, START, *marks, *(word for word in words if word not in SPECIAL), END]
    vocabulary = {name: index for index, name in enumerate(names)}
    tokenizer.model = models.WordLevel(vocabulary, unk_token=UNKNOWN)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}",
        special_tokens=[(START, vocabulary[START]), (END, vocabulary[END])],
    )
    tokenizer.enable_truncation(max_len)
    tokenizer.enable_padding(pad_id=vocabulary[PAD], pad_token=PAD)
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> Tensor:
    """Token ids (B, L), padded with 0 to the longest of `texts`."""
    return torch.tensor([encoding.ids for encoding in tokenizer.encode_batch(list(texts))])


def unknown_words(tokenizer: Tokenizer, text: str) -> list[str]:
    """The words of `text` that the tokenizer never saw, as they were typed, each once."""
    unknown = tokenizer.token_to_id(UNKNOWN)
    encoding = tokenizer.encode(text)
    spans = [
        span for token, span in zip(encoding.ids, encoding.offsets, strict=True) if token == unknown
    ]
    return list(dict.fromkeys(text[start:end] for start, end in spans))
