"""Features of photographs: computed once, found again, never those of other pictures or weights."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from mm_demo.data import photo_features
from mm_demo.data.photo_features import see
from mm_demo.data.photo_set import Photos
from mm_demo.data.picture_files import Stored
from mm_demo.errors import UserError
from mm_demo.events import Preparing
from mm_demo.nn.backbone import Seen


class Eye(nn.Module):
    """Sees a picture's 4 x 4 average colours, through random weights."""

    def __init__(self, seed, size):
        super().__init__()
        torch.manual_seed(seed)
        self.linear = nn.Linear(48, 2280)
        self.size, self.looked = size, 0

    def forward(self, images):
        assert images.shape[1:] == (3, self.size, self.size)
        assert images.is_contiguous(memory_format=torch.channels_last)
        assert torch.is_inference_mode_enabled()
        assert len(images) <= 8
        self.looked += len(images)
        out = self.linear(F.adaptive_avg_pool2d(images, 4).flatten(1))
        return Seen(images, out[:, :1280], out[:, 1280:])


class Reader:
    """A sentence's vector is made of its length and its letters."""

    def __init__(self, seed=0):
        torch.manual_seed(seed)
        self.tower, self.read = nn.Linear(2, 2), []

    def encode(self, sentences):
        self.read += sentences
        facts = [[len(s), sum(map(ord, s)) % 997] for s in sentences]
        return np.tile(np.array(facts, np.float32), 192)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Two backbones and a tower in the pretrained networks' place, and a cache of its own."""
    monkeypatch.setenv("MM_DEMO_CACHE", str(tmp_path / "cache"))
    found = SimpleNamespace(
        one=Eye(1, 8), two=Eye(2, 16), reader=Reader(), cache=tmp_path / "cache"
    )
    monkeypatch.setattr(photo_features.pretrained, "backbone", lambda name: getattr(found, name))
    monkeypatch.setattr(photo_features.pretrained, "sentence_tower", lambda: found.reader)
    monkeypatch.setattr(photo_features, "CHUNK", 10)
    return found


def noise(seed, flip=False, size=(32, 32)):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels[:, ::-1] if flip else pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def make(tmp_path):
    def made(contents, captions=True, folder="photos"):
        (tmp_path / folder).mkdir(exist_ok=True)
        names = tuple(f"{k:02d}.png" for k in range(len(contents)))
        files = tuple(Stored(tmp_path / folder / name) for name in names)
        for file, content in zip(files, contents, strict=True):
            file.path.write_bytes(content)
        said = tuple(
            tuple(f"Caption {n} of {name}" for n in range(1 + k % 3))
            for k, name in enumerate(names)
        )
        return Photos("own", "train", names, said if captions else (), (), 0, files)

    return made


def ran(generator):
    """The events of a generator, and its answer."""
    events = []
    try:
        while True:
            events.append(next(generator))
    except StopIteration as end:
        return events, end.value


def same(a, b):
    assert a.pooled.keys() == b.pooled.keys()
    for name in a.pooled:
        assert np.array_equal(a.pooled[name], b.pooled[name])
        assert np.array_equal(a.logits[name], b.logits[name])
    assert np.array_equal(a.sentences, b.sentences)
    assert np.array_equal(a.owner, b.owner)
    assert (a.photos.names, a.broken) == (b.photos.names, b.broken)


def test_what_is_seen_is_what_the_network_says(lab, make):
    photos = make([noise(k) for k in range(12)])
    events, found = ran(see(photos, ["one", "two"]))
    assert {event.what for event in events} == {"features", "sentences"}
    assert events[-1] == Preparing("sentences", 24, 24)
    for name in ("one", "two"):
        assert found.pooled[name].shape == (1, 12, 1280)
        assert found.logits[name].shape == (1, 12, 1000)
        eye = getattr(lab, name)
        for row, pixels in enumerate(photos.squares(eye.size)):
            images = torch.tensor(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
            wanted = eye.linear(F.adaptive_avg_pool2d(images, 4).flatten(1)).detach().numpy()[0]
            seen = np.concatenate([found.pooled[name][0, row], found.logits[name][0, row]])
            assert np.abs(seen - wanted).max() < 2e-3
    captions = [caption for said in photos.captions for caption in said]
    assert np.array_equal(found.sentences, Reader().encode(captions).astype(np.float16))
    assert found.owner.tolist() == [k for k in range(12) for _ in photos.captions[k]]
    assert (found.photos.names, found.broken) == (photos.names, 0)
    assert found.sentences.dtype == found.pooled["one"].dtype == np.float16


def test_the_second_call_looks_at_nothing(lab, make):
    photos = make([noise(k) for k in range(12)])
    _, first = ran(see(photos, ["one"], mirrored=True))
    assert (lab.one.looked, len(lab.reader.read)) == (24, 24)
    events, again = ran(see(photos, ["one"], mirrored=True))
    assert (lab.one.looked, len(lab.reader.read)) == (24, 24)
    assert events[-1] == Preparing("sentences", 24, 24)
    same(first, again)
    _, plain = ran(see(photos, ["one", "two"]))  # what is asked for anew is looked at, no more
    assert (lab.one.looked, lab.two.looked) == (24, 12)
    assert np.array_equal(plain.pooled["one"], first.pooled["one"][:1])


def test_a_larger_set_looks_only_at_what_is_new(lab, make):
    contents = [noise(k) for k in range(20)]
    ran(see(make(contents[:10]), ["one"]))
    ran(see(make(contents).rows(range(10, 20)), ["one"]))
    photos = make(contents)
    for file in photos.files:
        file.path.touch()  # a file that was written again is looked at again
    assert lab.one.looked == 20
    ran(see(photos, ["one"]))
    assert lab.one.looked == 40
    ran(see(photos.rows(range(15)), ["one"]))
    assert lab.one.looked == 45


def test_other_names_pictures_or_weights_are_not_taken_for_these(lab, make):
    photos = make([noise(k) for k in range(3)])
    ran(see(photos, ["one"]))
    other = Photos(
        "own", "train", ("x.png", *photos.names[1:]), photos.captions, (), 0, photos.files
    )
    ran(see(other, ["one"]))
    assert lab.one.looked == 6
    photos.files[0].path.write_bytes(noise(99, size=(20, 20)))
    ran(see(photos, ["one"]))
    assert lab.one.looked == 9
    with torch.no_grad():
        lab.one.linear.bias[0] += 1
    ran(see(photos, ["one"]))
    assert lab.one.looked == 12
    lab.one.size = 16
    ran(see(photos, ["one"]))
    assert lab.one.looked == 15
    read = len(lab.reader.read)
    lab.reader = Reader(seed=5)
    ran(see(photos, ["one"]))
    assert (read, len(lab.reader.read)) == (6, 6)


def test_the_second_view_is_the_mirrored_picture(lab, make):
    _, found = ran(see(make([noise(k) for k in range(9)]), ["one"], mirrored=True))
    flipped = make([noise(k, flip=True) for k in range(9)], folder="flipped")
    _, turned = ran(see(flipped, ["one"], mirrored=True))
    assert np.allclose(found.pooled["one"], turned.pooled["one"][::-1], atol=2e-3)
    assert np.allclose(found.logits["one"], turned.logits["one"][::-1], atol=2e-3)
    assert np.abs(found.pooled["one"][0] - found.pooled["one"][1]).max() > 0.1


@pytest.mark.parametrize("captions", [True, False])
def test_what_cannot_be_opened_goes_with_its_captions(lab, make, captions):
    contents = [noise(k) for k in range(12)]
    whole = ran(see(make(contents, captions), ["one"], mirrored=True))[1]
    contents[4], contents[11] = noise(4)[:60], b"no picture"
    photos = make(contents, captions, "broken")
    kept = [k for k in range(12) if k not in (4, 11)]
    for looked in (44, 44):  # computed, then from the cache
        _, found = ran(see(photos, ["one"], mirrored=True))
        assert lab.one.looked == looked
        assert found.broken == 2
        assert found.photos.names == tuple(whole.photos.names[k] for k in kept)
        assert np.allclose(found.pooled["one"], whole.pooled["one"][:, kept], atol=2e-3)
        rows = np.isin(whole.owner, kept)
        assert np.array_equal(found.sentences, whole.sentences[rows])
        assert [found.photos.names[k] for k in found.owner] == [
            whole.photos.names[k] for k in whole.owner[rows]
        ]
        assert found.sentences.shape == (19 if captions else 0, 384)


def test_not_one_that_opens_is_an_error(lab, make):
    with pytest.raises(UserError, match=r"photos\.none_opened\(count=3\)"):
        ran(see(make([b"x"] * 3), ["one"]))


def test_stopped_it_keeps_its_finished_chunks(lab, make, monkeypatch):
    photos = make([noise(k) for k in range(25)])
    generator = see(photos, ["one"])
    assert [next(generator).done for _ in range(3)] == [0, 10, 20]
    generator.close()
    assert lab.one.looked == 20
    ran(see(photos, ["one"]))
    assert lab.one.looked == 25
    monkeypatch.setattr(photo_features, "_SECONDS", 0.0)
    lab.one = Eye(7, 8)
    events, _ = ran(see(photos, ["one"]))
    done = [event.done for event in events if event.what == "features"]
    assert done == [0, 8, 10, 10, 18, 20, 20, 25, 25]
    assert not torch.is_inference_mode_enabled()


def test_half_a_file_is_computed_again(lab, make):
    photos = make([noise(k) for k in range(3)])
    _, first = ran(see(photos, ["one"]))
    for path in lab.cache.iterdir():
        path.write_bytes(path.read_bytes()[:300])
    _, again = ran(see(photos, ["one"]))
    assert lab.one.looked == 6
    same(first, again)
