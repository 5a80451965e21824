"""Attention equals torch's own, masked and not, by both paths; pooling is linear in the values."""

import pytest
import torch
from torch import nn

from mm_demo.nn.attention import Attention, AttentionPool, rollout


def reference(ours: Attention, dim: int, heads: int) -> nn.MultiheadAttention:
    theirs = nn.MultiheadAttention(dim, heads, batch_first=True).eval()
    theirs.in_proj_weight.data.copy_(ours.qkv.weight.data)
    theirs.in_proj_bias.data.copy_(ours.qkv.bias.data)
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    return theirs


@pytest.mark.parametrize("maps", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_equals_torch(maps, masked):
    torch.manual_seed(0)
    ours = Attention(24, 3).eval()
    x = torch.randn(4, 7, 24)
    mask = torch.arange(7)[None] < torch.tensor([7, 5, 2, 1])[:, None] if masked else None
    theirs, weights = reference(ours, 24, 3)(
        x, x, x, key_padding_mask=None if mask is None else ~mask, average_attn_weights=False
    )
    output, maps_out = ours(x, mask, maps=maps)
    torch.testing.assert_close(output, theirs, atol=1e-5, rtol=1e-5)
    if maps:
        torch.testing.assert_close(maps_out, weights, atol=1e-6, rtol=1e-5)
    else:
        assert maps_out is None


def test_a_masked_token_changes_nothing():
    torch.manual_seed(0)
    attention = Attention(16, 2).eval()
    x = torch.randn(1, 5, 16)
    mask = torch.tensor([[True, True, True, False, False]])
    changed = x.clone()
    changed[:, 3:] = 100.0
    torch.testing.assert_close(attention(x, mask)[0][:, :3], attention(changed, mask)[0][:, :3])


def test_dim_must_fit_the_heads():
    with pytest.raises(ValueError, match="multiple"):
        Attention(10, 3)


def test_pool_is_a_weighted_sum_of_tokens():
    torch.manual_seed(0)
    pool = AttentionPool(8, num_queries=2)
    tokens = torch.randn(2, 5, 8)
    gathered, weights = pool(tokens)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2))
    assert not torch.allclose(weights[:, 0], weights[:, 1])
    by_hand = torch.zeros(2, 2, 8)
    for b in range(2):
        for q in range(2):
            for n in range(5):
                by_hand[b, q] += weights[b, q, n] * tokens[b, n]
    torch.testing.assert_close(gathered.view(2, 2, 8), by_hand)


def test_rollout_by_hand():
    first = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    second = torch.tensor([[0.0, 1.0], [0.5, 0.5]])
    heads = torch.stack([second, second.flip(0)])  # their mean is what counts
    mixed = (torch.eye(2) + heads.mean(0)) / 2 @ ((torch.eye(2) + first) / 2)
    torch.testing.assert_close(rollout([first[None], heads]), mixed)
    torch.testing.assert_close(mixed.sum(-1), torch.ones(2))


def test_rollout_needs_a_layer():
    with pytest.raises(ValueError, match="no layer"):
        rollout([])
