"""The gates that would have caught the course's faults, on both fronts of the encoders."""

import math

import pytest
import torch
import torch.nn.functional as F

from mm_demo.cases.clip.model import CLIP, ImageEncoder, TextEncoder, clip_loss

FRONTS = {
    "transformers": {
        "image": {"image_size": 32, "patch_size": 8, "num_layers": 2, "num_heads": 2, "width": 16},
        "text": {"vocab_size": 30, "max_len": 12, "num_layers": 2, "num_heads": 2, "width": 16},
    },
    "convolutions": {
        "image": {"image_size": 32, "num_layers": 0, "width": 8, "stem": "conv"},
        "text": {"vocab_size": 30, "max_len": 12, "num_layers": 0, "width": 16},
    },
}
TEXTS = torch.tensor([[2, 5, 6, 7, 29, 0, 0], [2, 6, 5, 7, 29, 0, 0], [2, 8, 9, 29, 0, 0, 0]])


@pytest.fixture(params=FRONTS)
def model(request):
    torch.manual_seed(0)
    return CLIP(embed_dim=16, **FRONTS[request.param])


def test_every_parameter_gets_a_gradient(model):
    images = torch.randn(3, 3, 32, 32)
    clip_loss(*model(images, TEXTS)).backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_outputs_change_with_inputs(model):
    model.eval()
    images = torch.randn(2, 3, 32, 32)
    vectors = model.image_encoder(images)
    assert not torch.allclose(vectors[0], vectors[1], atol=1e-4)
    texts = model.text_encoder(TEXTS)
    assert not torch.allclose(texts[0], texts[2], atol=1e-4)


def test_word_order_changes_the_embedding(model):
    texts = model.eval().text_encoder(TEXTS)
    assert not torch.allclose(texts[0], texts[1], atol=1e-4)


def test_padding_changes_no_embedding(model):
    model.eval()
    longer = F.pad(TEXTS, (0, 5))
    torch.testing.assert_close(
        model.text_encoder(TEXTS), model.text_encoder(longer), atol=1e-5, rtol=1e-4
    )


def test_unit_length_and_bounded_scale(model):
    model.eval()
    images = model.image_encoder(torch.randn(2, 3, 32, 32))
    torch.testing.assert_close(images.norm(dim=-1), torch.ones(2))
    model.logit_scale.data.fill_(50.0)
    assert model.scale().item() == 100.0


def test_the_course_sizes_are_the_defaults():
    image, text = ImageEncoder(), TextEncoder()
    assert image.patch_embed.weight.shape == (512, 3, 16, 16)
    assert len(image.transformer.blocks) == len(text.transformer.blocks) == 6
    assert text.token_embed.weight.shape == (10_000, 512)
    assert image.pos_embed.std() < 0.05
    assert math.isclose(CLIP().scale().item(), 1 / 0.07, rel_tol=1e-5)


def test_loss_by_hand():
    logits = torch.tensor([[2.0, 0.5, -1.0], [0.0, 1.0, 0.3], [0.2, 0.1, 3.0]])
    rows = [
        -math.log(math.exp(logits[i, i]) / sum(math.exp(v) for v in logits[i])) for i in range(3)
    ]
    columns = [
        -math.log(math.exp(logits[i, i]) / sum(math.exp(v) for v in logits[:, i])) for i in range(3)
    ]
    expected = (sum(rows) / 3 + sum(columns) / 3) / 2
    assert math.isclose(float(clip_loss(logits, logits.T)), expected, rel_tol=1e-6)


def test_guessing_costs_ln_n():
    assert math.isclose(
        float(clip_loss(torch.zeros(64, 64), torch.zeros(64, 64))), math.log(64), rel_tol=1e-6
    )


def test_true_captions_of_others_are_no_negatives():
    logits = torch.tensor([[2.0, 9.0, -1.0], [0.0, 1.0, 0.3], [0.2, 0.1, 3.0]])
    untrue = torch.ones(3, 3, dtype=torch.bool)
    untrue[0, 1] = False  # sentence 1 is true of picture 0 as well
    kept = logits.clone()
    kept[0, 1] = -torch.inf
    rows = F.cross_entropy(kept, torch.arange(3))
    columns = F.cross_entropy(kept.T, torch.arange(3))
    assert math.isclose(
        float(clip_loss(logits, logits.T, untrue)), float(rows + columns) / 2, rel_tol=1e-6
    )
    # the own sentence counts, whatever the table says of it
    assert torch.isfinite(clip_loss(logits, logits.T, torch.zeros(3, 3, dtype=torch.bool)))


def test_saved_and_loaded_by_the_hub_mixin(model, tmp_path):
    model.eval().save_pretrained(tmp_path)
    again = CLIP.from_pretrained(tmp_path).eval()
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(model(images, TEXTS)[0], again(images, TEXTS)[0])
