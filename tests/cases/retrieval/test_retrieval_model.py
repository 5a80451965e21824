"""The gates that would have caught the course's faults, and the loss against a loop."""

import pytest
import torch
import torch.nn.functional as F

from mm_demo.cases.retrieval.model import (
    CrossModalRetrieval,
    SceneRetrieval,
    pick_negatives,
    ranking_loss,
    triplet_loss,
)

TEXTS = torch.tensor([[2, 5, 6, 7, 29, 0, 0], [2, 6, 5, 7, 29, 0, 0], [2, 8, 9, 29, 0, 0, 0]])


@pytest.fixture
def model():
    torch.manual_seed(0)
    return SceneRetrieval(30, 16, image={"image_size": 32, "width": 8}, text={"width": 16})


def vectors(count=12, dim=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(2, count, dim, generator=generator), dim=-1)


def test_the_courses_sizes_are_the_defaults():
    model = CrossModalRetrieval().eval()
    images, texts = model(torch.randn(3, 2048), torch.randn(4, 768))
    assert images.shape == (3, 512)
    assert texts.shape == (4, 512)
    torch.testing.assert_close(texts.norm(dim=-1), torch.ones(4))


def test_every_parameter_gets_a_gradient(model):
    ranking_loss(*model(torch.randn(3, 3, 32, 32), TEXTS), margin=2).backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_outputs_change_with_inputs_and_with_the_order_of_words(model):
    model.eval()
    images, texts = model(torch.randn(2, 3, 32, 32), TEXTS)
    assert not torch.allclose(images[0], images[1], atol=1e-4)
    assert not torch.allclose(texts[0], texts[2], atol=1e-4)
    assert not torch.allclose(texts[0], texts[1], atol=1e-4)


def test_padding_changes_no_embedding(model):
    model.eval()
    torch.testing.assert_close(
        model.embed_texts(TEXTS), model.embed_texts(F.pad(TEXTS, (0, 5))), atol=1e-5, rtol=1e-4
    )


def test_tokens_lead_to_the_same_vector(model):
    model.eval()
    images = torch.randn(2, 3, 32, 32)
    again = model.embed_tokens(model.pictures.tokens(images))
    torch.testing.assert_close(model.embed_images(images), again)


def test_triplet_loss_by_hand():
    anchor = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    positive = torch.tensor([[3.0, 0.0], [0.0, 2.0]])  # cosines 1 and 0
    negative = torch.tensor([[0.0, 1.0], [0.6, 0.8]])  # 0 and 0.6
    assert triplet_loss(anchor, positive, negative).item() == pytest.approx((0 + 0.8) / 2)
    total = triplet_loss(anchor, positive, negative, margin=1.5, reduction="sum")
    assert total.item() == pytest.approx(0.5 + 2.1)


def test_equal_vectors_cost_the_margin():
    same = F.normalize(torch.ones(6, 4), dim=-1)
    for negatives in ("random", "semi_hard", "hardest"):
        loss = ranking_loss(same, same, margin=0.3, negatives=negatives)
        assert loss.item() == pytest.approx(0.3)
    total = ranking_loss(same, same, margin=0.3, reduction="sum")
    assert total.item() == pytest.approx(6 * 0.3)


def slow_hardest(images, texts, margin):
    """VSE++ eq. 6, both sums halved and averaged."""
    scores, n, total = images @ texts.T, len(images), 0.0
    for i in range(n):
        others = [j for j in range(n) if j != i]
        total += max(0, margin + max(scores[i, j].item() for j in others) - scores[i, i].item())
        total += max(0, margin + max(scores[j, i].item() for j in others) - scores[i, i].item())
    return total / n / 2


def test_the_hardest_negatives_equal_a_loop():
    images, texts = vectors()
    loss = ranking_loss(images, texts, margin=0.4, negatives="hardest")
    assert loss.item() == pytest.approx(slow_hardest(images, texts, 0.4), rel=1e-5)


def test_a_negative_is_never_the_own_partner_nor_true():
    torch.manual_seed(0)
    scores = torch.randn(40, 40) + 9 * torch.eye(40)
    untrue = torch.rand(40, 40) < 0.3
    untrue[7] = False  # nothing is wrong about row 7
    untrue[7, 7] = True
    for negatives, hardness in (("random", 1), ("semi_hard", 1), ("hardest", 1), ("hardest", 0.5)):
        picked = pick_negatives(scores, untrue, negatives, hardness)
        rows = picked >= 0
        assert rows.tolist() == [row != 7 for row in range(40)]
        assert untrue[rows][torch.arange(39), picked[rows]].all()
        assert (picked != torch.arange(40)).all()


def test_random_negatives_are_all_drawn_and_hardness_goes_from_one_to_all():
    torch.manual_seed(0)
    scores, untrue = torch.arange(9.0).expand(9, 9), torch.ones(9, 9, dtype=torch.bool)
    drawn = torch.stack([pick_negatives(scores, untrue, "random") for _ in range(300)])
    counts = [torch.bincount(drawn[:, row], minlength=9) for row in range(9)]
    for row, count in enumerate(counts):
        assert count[row] == 0
        assert count.sum() - count.max() > 200
        assert (count > 0).sum() == 8
    assert pick_negatives(scores, untrue, "hardest").tolist() == [8] * 8 + [7]
    means = [
        torch.stack([pick_negatives(scores, untrue, "hardest", h) for _ in range(300)])
        .float()
        .mean()
        .item()
        for h in (0, 0.4, 0.7, 1)
    ]
    assert means == sorted(means)
    assert means[0] == pytest.approx(4, abs=0.2)


def test_semi_hard_is_just_beyond_the_partner():
    scores = torch.tensor([[0.5, 0.9, 0.4, 0.1], [0.9, 0.1, 0.8, 0.7], [0, 0, 0.9, 0.3], [0] * 4])
    picked = pick_negatives(scores, torch.ones(4, 4, dtype=torch.bool), "semi_hard")
    assert picked[:3].tolist() == [2, 3, 3]  # row 1: all are closer, so the furthest


def test_what_is_also_true_of_another_is_left_out():
    images, texts = vectors(4)
    untrue = torch.ones(4, 4, dtype=torch.bool)
    hardest = (images @ texts.T - 9 * torch.eye(4)).argmax(1)
    untrue[torch.arange(4), hardest] = False
    kept = ranking_loss(images, texts, untrue, margin=1)
    assert kept < ranking_loss(images, texts, margin=1)
    nothing = ranking_loss(images, texts, torch.zeros(4, 4, dtype=torch.bool))
    assert nothing.item() == 0


def test_saved_and_loaded_by_the_hub_mixin(model, tmp_path):
    model.eval().save_pretrained(tmp_path)
    again = SceneRetrieval.from_pretrained(tmp_path).eval()
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(model.embed_images(images), again.embed_images(images))
