"""PhotoCLIP's heads."""

import pytest
import torch

from mm_demo import store
from mm_demo.cases.clip.photos.model import POOLED, SENTENCE, PhotoCLIP


@pytest.fixture
def model() -> PhotoCLIP:
    torch.manual_seed(0)
    return PhotoCLIP(("lite0", "lite2"), embed_dim=32).eval()


def test_both_sides_meet_as_unit_vectors(model):
    pooled, seen = torch.rand(3, 2 * POOLED), torch.randn(3, SENTENCE)
    said = torch.nn.functional.normalize(torch.randn(5, SENTENCE), dim=-1)
    images, texts = model.embed_images(pooled, seen), model.embed_texts(said)
    assert images.shape == (3, 32)
    assert texts.shape == (5, 32)
    assert torch.allclose(images.norm(dim=-1), torch.ones(3), atol=1e-6)
    per_image, per_text = model(pooled, seen, said)
    assert torch.allclose(per_image, images @ texts.T / 0.05, atol=1e-4)
    assert torch.equal(per_text, per_image.T)


def test_features_are_standardised_and_the_semantic_vector_is_read(model):
    pooled, seen = torch.rand(2, 2 * POOLED), torch.randn(2, SENTENCE)
    before = model.embed_images(pooled, seen)
    assert not torch.allclose(before, model.embed_images(pooled, seen + 1), atol=1e-3)
    model.mean += 4
    model.deviation *= 2
    assert torch.allclose(before, model.embed_images(2 * pooled + 4, seen), atol=1e-5)


def test_the_temperature_is_clamped(model):
    with torch.no_grad():
        model.logit_scale.fill_(20)
    assert model.scale().item() == 100


def test_a_checkpoint_in_half_precision_answers_the_same(model, tmp_path):
    model.mean.normal_()
    model.save_pretrained(tmp_path)
    store.halve(tmp_path)
    again = store.load_model(PhotoCLIP, tmp_path)
    assert again.backbones == ("lite0", "lite2")
    pooled, seen = torch.rand(4, 2 * POOLED), torch.randn(4, SENTENCE)
    assert {p.dtype for p in again.parameters()} == {torch.float32}
    cosine = (model.embed_images(pooled, seen) * again.embed_images(pooled, seen)).sum(-1)
    assert (cosine > 0.9999).all()
