"""The block equals torch's pre-norm layer with the same weights."""

import torch
from torch import nn

from mm_demo.nn.transformer import Block, Transformer


def test_block_equals_torch():
    torch.manual_seed(0)
    ours = Block(24, 3).eval()
    theirs = nn.TransformerEncoderLayer(
        24, 3, 96, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    ).eval()
    theirs.self_attn.in_proj_weight.data.copy_(ours.attention.qkv.weight.data)
    theirs.self_attn.in_proj_bias.data.copy_(ours.attention.qkv.bias.data)
    theirs.self_attn.out_proj.load_state_dict(ours.attention.out.state_dict())
    theirs.norm1.load_state_dict(ours.norm1.state_dict())
    theirs.norm2.load_state_dict(ours.norm2.state_dict())
    theirs.linear1.load_state_dict(ours.mlp[0].state_dict())
    theirs.linear2.load_state_dict(ours.mlp[2].state_dict())
    x = torch.randn(3, 6, 24)
    torch.testing.assert_close(ours(x)[0], theirs(x), atol=1e-5, rtol=1e-5)


def test_maps_of_every_layer_and_the_same_output():
    torch.manual_seed(0)
    model = Transformer(16, 3, 2).eval()
    x = torch.randn(2, 5, 16)
    plain, none = model(x)
    mapped, maps = model(x, maps=True)
    assert none == []
    assert [m.shape for m in maps] == [(2, 2, 5, 5)] * 3
    torch.testing.assert_close(plain, mapped, atol=1e-6, rtol=1e-5)
