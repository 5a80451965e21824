"""The formulas of fusion, term by term, and the gates that every model has to pass."""

import pytest
import torch

from mm_demo.cases.fusion.model import (
    FUSIONS,
    STRATEGIES,
    AudioVisualFusion,
    FusionNetworks,
    Listener,
    SoundEncoder,
)


@pytest.fixture
def senses():
    generator = torch.Generator().manual_seed(0)
    return torch.rand(6, 28, 28, generator=generator), torch.randn(6, 40, 32, generator=generator)


def fusion(kind, **more):
    torch.manual_seed(1)
    made = AudioVisualFusion(12, 7, 16, 10, kind, **more).eval()
    if kind == "attention":  # as drawn, both senses weigh the same
        torch.nn.init.normal_(made.w)
    if kind == "late":
        torch.nn.init.constant_(made.alpha_logit, 0.7)
    return made


def test_the_courses_sizes():
    made = AudioVisualFusion()
    assert made(torch.randn(2, 2048), torch.randn(2, 128)).shape == (2, 10)
    assert made.fusion_type == "attention"
    with pytest.raises(ValueError, match="visual, audio, early, late, attention"):
        AudioVisualFusion(fusion_type="middle")


def test_late_is_a_weighted_sum_of_each_senses_own_prediction():
    made, v, a = fusion("late"), torch.randn(4, 12), torch.randn(4, 7)
    f_v = made.visual_classifier(made.visual_encoder(v))
    f_a = made.audio_classifier(made.audio_encoder(a))
    alpha = torch.tensor(0.7).sigmoid()
    logits, weights = made.explain(v, a)
    torch.testing.assert_close(logits, alpha * f_v + (1 - alpha) * f_a)
    torch.testing.assert_close(weights, torch.stack([alpha, 1 - alpha]).expand(4, 2))
    assert made.alpha_logit.requires_grad


def test_attention_weighs_the_senses_by_the_softmax_of_w_h():
    made, v, a = fusion("attention"), torch.randn(4, 12), torch.randn(4, 7)
    h_v, h_a = made.visual_encoder(v), made.audio_encoder(a)
    e_v, e_a = (h_v @ made.w[0]).exp(), (h_a @ made.w[1]).exp()
    z = (e_v / (e_v + e_a))[:, None] * h_v + (e_a / (e_v + e_a))[:, None] * h_a
    logits, weights = made.explain(v, a)
    torch.testing.assert_close(logits, made.classifier(z))
    torch.testing.assert_close(weights[:, 0], e_v / (e_v + e_a))
    assert weights.std(0).min() > 1e-3  # of the sample, not a constant


def test_early_mixes_both_before_the_classifier():
    made, v, a = fusion("early"), torch.randn(4, 12), torch.randn(4, 7)
    both = torch.cat([made.visual_encoder(v), made.audio_encoder(a)], 1)
    logits, weights = made.explain(v, a)
    torch.testing.assert_close(logits, made.classifier(made.fusion(both)))
    assert weights is None


def test_the_terms_make_up_the_answer():
    v, a = torch.randn(4, 12), torch.randn(4, 7)
    attention, late, early = fusion("attention"), fusion("late"), fusion("early")

    h, scores = attention.terms(v, a)
    logits, weights = attention.explain(v, a)
    torch.testing.assert_close(scores.softmax(1), weights)
    torch.testing.assert_close(attention.classifier((weights[..., None] * h).sum(1)), logits)

    f, alpha = late.terms(v, a)
    torch.testing.assert_close(alpha * f[:, 0] + (1 - alpha) * f[:, 1], late(v, a))

    c, b = early.terms(v, a)
    both = torch.cat([early.visual_encoder(v), early.audio_encoder(a)], 1)
    torch.testing.assert_close((c[:, 0] + c[:, 1] + b).relu(), early.fusion(both))
    torch.testing.assert_close(c[:, 0], early.terms(v, torch.randn(4, 7))[0][:, 0])  # sight's own


@pytest.mark.parametrize("kind", FUSIONS)
def test_a_missing_sense_has_no_say(kind):
    made, v, a = fusion(kind), torch.randn(4, 12), torch.randn(4, 7)
    only_sight = torch.tensor([[True, False]]).expand(4, 2)
    logits, weights = made.explain(v, a, only_sight)
    torch.testing.assert_close(logits, made(v, 100 * torch.randn(4, 7), only_sight))
    assert not torch.allclose(logits, made(torch.randn(4, 12), a, only_sight))
    if weights is not None:
        torch.testing.assert_close(weights, torch.tensor([[1.0, 0.0]]).expand(4, 2))
    if kind == "late":  # all of f_v, not alpha of it
        torch.testing.assert_close(logits, made.visual_classifier(made.visual_encoder(v)))


@pytest.mark.parametrize("kind", STRATEGIES)
def test_each_strategy_has_the_encoders_that_it_needs_and_trains_all_of_them(kind, senses):
    made = Listener(kind, hidden_dim=16, width=4)
    assert (made.picture_encoder is None) == (kind == "audio")
    assert (made.sound_encoder is None) == (kind == "visual")
    made(*senses).square().mean().backward()
    still = {n for n, p in made.named_parameters() if p.grad is None or not p.grad.any()}
    assert still <= {"fusion.classifier.bias"}


@pytest.mark.parametrize("kind", STRATEGIES)
def test_a_sample_does_not_depend_on_its_batch(kind, senses):
    made = Listener(kind, hidden_dim=16, width=4).eval()
    pictures, mel = senses
    together = made(pictures, mel)
    alone = torch.cat([made(pictures[k : k + 1], mel[k : k + 1]) for k in range(6)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_loudness_tells_nothing_and_any_length_is_heard():
    encoder = SoundEncoder(4).eval()
    mel = torch.randn(2, 40, 32)
    torch.testing.assert_close(encoder(mel), encoder(mel + 5), atol=1e-5, rtol=1e-4)
    assert encoder(torch.randn(2, 40, 63)).shape == (2, encoder.dim)


def test_networks_survive_saving_and_share_nothing(tmp_path):
    made = FusionNetworks(("misleading", "independent"), ("visual", "attention"), 16, 10, 4).eval()
    made.save_pretrained(tmp_path)
    again = FusionNetworks.from_pretrained(tmp_path).eval()
    for name, tensor in made.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor)
    owners = [p.data_ptr() for network in made.each() for p in network.parameters()]
    assert len(owners) == len(set(owners))
    assert len(list(made.each())) == 4
