"""What all heads on frozen networks share: one way of seeing, and pairs to begin with."""

import numpy as np
import pytest
import torch
from PIL import Image

from mm_demo.data import photo_heads
from mm_demo.data.photo_heads import Look, PhotoEncoders, training_pairs
from mm_demo.data.photo_pairs import pairs_at_once, read
from mm_demo.data.scenes import draw, scenes_for
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.nn.knowledge import semantic

WIDTH = 1280


class Heads(torch.nn.Module):
    """The least that can be heads: 8 numbers of each side."""

    def __init__(self, backbones=("lite0",), mirrored=True):
        super().__init__()
        torch.manual_seed(0)
        self.backbones, self.mirrored = backbones, mirrored
        pooled = WIDTH * len(backbones)
        self.register_buffer("mean", torch.zeros(pooled))
        self.register_buffer("deviation", torch.ones(pooled))
        self.picture, self.sentence = torch.nn.Linear(pooled + 384, 8), torch.nn.Linear(384, 8)

    def embed_images(self, pooled, semantic):
        seen = torch.cat([(pooled - self.mean) / self.deviation, semantic], -1)
        return torch.nn.functional.normalize(self.picture(seen), dim=-1)

    def embed_texts(self, sentences):
        return torch.nn.functional.normalize(self.sentence(sentences), dim=-1)


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    place = tmp_path_factory.mktemp("album")
    for row, scene in enumerate(scenes_for("train", 12, 5)):
        Image.fromarray(draw(scene, 96)).save(place / f"{row:02}.png")
        (place / f"{row:02}.txt").write_text(f"scene {row}\nnumber {row}", encoding="utf-8")
    return str(place)


@pytest.fixture(scope="module")
def pictures():
    return [Picture(draw(scene, 96), (96, 96)) for scene in scenes_for("dev", 3, 2)]


def done(working):
    while True:
        try:
            next(working)
        except StopIteration as end:
            return end.value


def test_both_sides_of_a_picture_count_alike(pictures):
    encoders = PhotoEncoders(Heads(("lite0", "lite2")))
    look = encoders.look(pictures)
    plain, mirrored = (encoders.seen(pictures, flipped=f) for f in (False, True))
    assert look.pooled.shape == (3, 2 * WIDTH)
    second = (plain[1].pooled + mirrored[1].pooled) / 2
    assert torch.allclose(look.pooled[:, WIDTH:], second, atol=1e-5)
    known = torch.stack([each.logits.softmax(-1) for each in (*plain, *mirrored)]).mean(0)
    assert torch.allclose(look.known, known, atol=1e-5)
    one_side = PhotoEncoders(Heads(("lite0", "lite2"), mirrored=False)).look(pictures)
    assert torch.allclose(one_side.pooled[:, :WIDTH], plain[0].pooled, atol=1e-6)


@pytest.mark.parametrize("chunk", [2, 1000])
def test_vectors_do_not_depend_on_how_many_are_made_at_once(monkeypatch, album, chunk):
    monkeypatch.setattr(photo_heads, "_CHUNK", chunk)
    heads = Heads()
    encoders = PhotoEncoders(heads)
    pairs = pairs_at_once(read(album, "train"), heads.backbones, mirrored=True)
    images, texts = encoders.images_of(pairs), encoders.texts(pairs.sentences)
    with torch.no_grad():
        assert torch.allclose(
            images, heads.embed_images(pairs.pooled[0].float(), pairs.semantic[0]), atol=1e-6
        )
        assert torch.allclose(texts, heads.embed_texts(pairs.sentences.float()), atol=1e-6)
    look = Look(pairs.pooled[0].float(), pairs.known[0])
    assert torch.allclose(encoders.images(look), images, atol=1e-3)


def test_where_gradients_are_kept(pictures):
    encoders = PhotoEncoders(Heads(mirrored=False))
    with torch.no_grad():
        (seen,) = encoders.seen(pictures)
    pooled = seen.pooled.clone().requires_grad_()
    look = encoders.look_of([[pooled]])
    (slope,) = torch.autograd.grad(encoders.embed(look)[:, 0].sum(), pooled)
    with torch.no_grad():
        by = semantic(look.known, encoders.classes)
    (heads_alone,) = torch.autograd.grad(
        encoders.model.embed_images(pooled, by)[:, 0].sum(), pooled
    )
    assert slope.abs().max() > 0
    assert not torch.allclose(slope, heads_alone)  # the classifiers' way counts too
    assert not encoders.images(look).requires_grad


def test_fresh_heads_are_told_what_the_photographs_are_like_and_loaded_ones_keep_theirs(album):
    fresh, loaded = Heads(), Heads()
    loaded.mean += 3
    loaded.deviation *= 2
    for heads in (fresh, loaded):
        train, dev = done(training_pairs(album, heads))
    pooled = train.pooled[0].float()
    assert torch.allclose(fresh.mean, pooled.mean(0), atol=1e-5)
    assert torch.allclose(fresh.deviation, pooled.std(0) + 1e-3, atol=1e-5)
    assert loaded.mean.unique().tolist() == [3]
    assert loaded.deviation.unique().tolist() == [2]
    assert not set(train.photos.names) & set(dev.photos.names)


def test_shuffled_pairs_have_others_photographs_and_their_own_captions(album):
    true, dev = done(training_pairs(album, Heads()))
    shuffled, same_dev = done(training_pairs(album, Heads(), shuffled=4))
    order = np.random.default_rng(4).permutation(len(true))
    assert torch.equal(shuffled.pooled, true.pooled[:, order])
    assert torch.equal(shuffled.sentences, true.sentences)
    assert torch.equal(same_dev.pooled, dev.pooled)


def test_one_photograph_to_learn_from_is_too_few(tmp_path):
    for name in ("a", "b"):
        Image.new("RGB", (32, 32)).save(tmp_path / f"{name}.png")
        (tmp_path / f"{name}.txt").write_text(name, encoding="utf-8")
    with pytest.raises(UserError) as told:
        list(training_pairs(str(tmp_path), Heads()))
    assert (told.value.key, told.value.facts) == ("photos.too_few", {"count": 1, "least": 2})
