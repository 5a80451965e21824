"""TimeSformer: the gates, the paper's equations as plain loops, and transformers' implementation."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from mm_demo.cases.timesformer.model import SCHEMES, DividedSpaceTimeAttention, TimeSformer

T, CHANNELS, SIZE = 3, 2, 16
SIZES = {
    "num_classes": 5, "num_frames": T, "image_size": SIZE, "patch_size": 8, "embed_dim": 24,
    "num_layers": 2, "num_heads": 3, "channels": CHANNELS,
}  # fmt: skip


def stirred(model: torch.nn.Module) -> torch.nn.Module:
    """Every parameter away from where it starts, so that nothing is hidden by a zero or a one."""
    generator = torch.Generator().manual_seed(1)
    for p in model.parameters():
        p.data += 0.2 * torch.randn(p.shape, generator=generator)
    return model


def build(scheme: str, stem: str = "linear", **sizes) -> TimeSformer:
    torch.manual_seed(0)
    return TimeSformer(**{**SIZES, **sizes}, attention=scheme, stem=stem)


def some_clips(number: int = 2, frames: int = T) -> torch.Tensor:
    return torch.randn(
        number, frames, CHANNELS, SIZE, SIZE, generator=torch.Generator().manual_seed(2)
    )


@pytest.fixture(params=SCHEMES)
def scheme(request):
    return request.param


@pytest.fixture(params=["linear", "convolutional"])
def model(scheme, request):
    return stirred(build(scheme, request.param)).eval()


def test_every_parameter_gets_a_gradient(model):
    F.cross_entropy(model.train()(some_clips()), torch.tensor([1, 4])).backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_the_output_changes_with_every_frame_and_place(model):
    clips = some_clips(1)
    before = model(clips)
    for frame in range(T):
        for corner in (0, 8):
            changed = clips.clone()
            changed[:, frame, :, corner : corner + 8, corner : corner + 8] += 1
            assert not torch.allclose(model(changed), before, atol=1e-4)


def test_the_order_of_frames_is_seen_by_all_but_space(scheme, model):
    clips = some_clips()
    same = torch.allclose(model(clips), model(clips.flip(1)), atol=1e-5)
    assert same == (scheme == "space")


def test_clips_do_not_know_each_other(model):
    clips = some_clips(3)
    alone = torch.cat([model(clip[None]) for clip in clips])
    torch.testing.assert_close(model(clips), alone, atol=1e-5, rtol=1e-5)


def test_maps_add_up_and_come_with_the_same_logits(scheme, model):
    clips, heads, patches = some_clips(), 3, 4
    logits, maps = model.explain(clips)
    torch.testing.assert_close(logits, model(clips), atol=1e-5, rtol=1e-5)
    assert len(maps) == 2
    shapes = {
        "divided": {
            "space": (2, T, heads, patches + 1, patches + 1),
            "time": (2, patches, heads, T, T),
        },
        "joint": {"joint": (2, heads, T * patches + 1, T * patches + 1)},
        "space": {"space": (2, T, heads, patches + 1, patches + 1)},
    }[scheme]
    for layer in maps:
        there = {name: m for name, m in layer._asdict().items() if m is not None}
        assert {name: tuple(m.shape) for name, m in there.items()} == shapes
        for m in there.values():
            torch.testing.assert_close(m.sum(-1), torch.ones(m.shape[:-1]))


@settings(max_examples=20, deadline=None)
@given(frames=st.integers(1, 4), grid=st.integers(1, 3), scheme=st.sampled_from(SCHEMES))
def test_any_number_of_frames_and_patches(frames, grid, scheme):
    model = stirred(build(scheme, num_frames=frames, image_size=4 * grid, patch_size=4)).eval()
    clips = torch.randn(2, frames, CHANNELS, 4 * grid, 4 * grid)
    logits, _ = model.explain(clips)
    torch.testing.assert_close(model(clips), logits, atol=1e-5, rtol=1e-5)


# --- where divided attention starts -----------------------------------------------------------


def test_at_first_time_adds_nothing():
    model, clips = build("divided").eval(), some_clips()
    before = model(clips)
    torch.testing.assert_close(model(clips.flip(1)), before, atol=1e-6, rtol=1e-5)
    for block in model.blocks:
        stirred(block.attention.time_attention)
    assert torch.equal(model(clips), before)


def test_at_first_a_still_clip_is_read_as_space_alone_reads_it():
    divided = build("divided").eval()
    space = build("space").eval()
    renamed = {
        name.replace(".space_", "."): value
        for name, value in divided.state_dict().items()
        if "time" not in name
    }
    space.load_state_dict(renamed)
    still = some_clips(2, frames=1).expand(-1, T, -1, -1, -1)
    torch.testing.assert_close(divided(still), space(still), atol=1e-5, rtol=1e-5)


# --- the same, as the paper writes it ---------------------------------------------------------


def attend(attention: torch.nn.Module, tokens: list[torch.Tensor]) -> list[torch.Tensor]:
    """Equations 2 to 8 for one sequence of vectors, one query after the other."""
    heads = attention.num_heads
    qkv = [attention.qkv(z).view(3, heads, -1) for z in tokens]
    outputs = []
    for q, _, _ in qkv:
        gathered = []
        for a in range(heads):
            scores = torch.stack([q[a] @ k[a] / q.shape[-1] ** 0.5 for _, k, _ in qkv])
            gathered.append(
                sum(w * v[a] for w, (_, _, v) in zip(scores.softmax(0), qkv, strict=True))
            )
        outputs.append(attention.out(torch.cat(gathered)))
    return outputs


def test_divided_attention_by_hand():
    torch.manual_seed(0)
    B, frames, patches, dim = 2, 3, 4, 12
    layer = stirred(DividedSpaceTimeAttention(dim, 2)).eval()
    x = torch.randn(B, 1 + frames * patches, dim)
    output, _ = layer(x, frames)
    for b in range(B):
        cls = x[b, 0]
        z = {(p, t): x[b, 1 + t * patches + p] for t in range(frames) for p in range(patches)}
        for p in range(patches):
            mixed = attend(layer.time_attention, [layer.time_norm(z[p, t]) for t in range(frames)])
            for t in range(frames):
                z[p, t] = z[p, t] + layer.time_projection(mixed[t])
        of_the_frames = []
        for t in range(frames):
            tokens = [cls] + [z[p, t] for p in range(patches)]
            mixed = attend(layer.space_attention, [layer.space_norm(token) for token in tokens])
            of_the_frames.append(mixed[0])
            for p in range(patches):
                z[p, t] = z[p, t] + mixed[1 + p]
        cls = cls + sum(of_the_frames) / frames
        by_hand = [cls] + [z[p, t] for t in range(frames) for p in range(patches)]
        torch.testing.assert_close(output[b], torch.stack(by_hand), atol=1e-5, rtol=1e-5)


def test_tokens_by_hand():
    model, clips = stirred(build("divided")).eval(), some_clips(1)
    tokens = model.tokens(clips)[0]
    torch.testing.assert_close(tokens[0], model.cls_token[0, 0] + model.pos_embed[0, 0])
    for t in range(T):
        for row in range(2):
            for column in range(2):
                p = 2 * row + column
                pixels = clips[0, t, :, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
                linear = model.patch_embed.weight.flatten(1) @ pixels.flatten()
                by_hand = linear + model.patch_embed.bias
                by_hand = by_hand + model.pos_embed[0, 1 + p] + model.time_embed[0, t]
                torch.testing.assert_close(tokens[1 + 4 * t + p], by_hand, atol=1e-5, rtol=1e-5)


# --- transformers' implementation -------------------------------------------------------------

THEIR_SCHEMES = {
    "divided": "divided_space_time",
    "joint": "joint_space_time",
    "space": "space_only",
}


def from_transformers(state: dict[str, torch.Tensor], scheme: str) -> dict[str, torch.Tensor]:
    """Their names to ours; every tensor of theirs must find its place."""
    own = "attention.space_" if scheme == "divided" else "attention."
    names = {
        "timesformer.embeddings.cls_token": "cls_token",
        "timesformer.embeddings.position_embeddings": "pos_embed",
        "timesformer.embeddings.time_embeddings": "time_embed",
        "timesformer.embeddings.patch_embeddings.projection": "patch_embed",
        "timesformer.encoder.layer": "blocks",
        "timesformer.layernorm": "norm",
        "classifier": "head",
        "temporal_attention.attention.qkv": "attention.time_attention.qkv",
        "temporal_attention.output.dense": "attention.time_attention.out",
        "temporal_layernorm": "attention.time_norm",
        "temporal_dense": "attention.time_projection",
        ".attention.attention.qkv": f".{own}attention.qkv",
        ".attention.output.dense": f".{own}attention.out",
        "layernorm_before": f"{own}norm",
        "layernorm_after": "norm",
        "intermediate.dense": "mlp.0",
        ".output.dense": ".mlp.3",
    }

    def ours(name: str) -> str:
        for theirs, mine in names.items():
            name = name.replace(theirs, mine)
        return name

    return {ours(name): value for name, value in state.items()}


def test_equals_transformers(scheme):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    theirs = transformers.TimesformerForVideoClassification(
        transformers.TimesformerConfig(
            image_size=SIZE, patch_size=8, num_channels=CHANNELS, num_frames=T, hidden_size=24,
            num_hidden_layers=2, num_attention_heads=3, intermediate_size=96, num_labels=5,
            attention_type=THEIR_SCHEMES[scheme],
        )
    )  # fmt: skip
    theirs = stirred(theirs).eval()
    ours = build(scheme).eval()
    ours.load_state_dict(from_transformers(theirs.state_dict(), scheme))
    clips = some_clips()
    if scheme == "space":  # transformers leaves out the authors' average over the frames
        tokens = theirs.timesformer.embeddings(clips)
        tokens = theirs.timesformer.encoder(tokens).last_hidden_state
        tokens = tokens.unflatten(0, (2, T)).mean(1)
        logits = theirs.classifier(theirs.timesformer.layernorm(tokens)[:, 0])
    else:
        logits = theirs(clips).logits
    torch.testing.assert_close(ours(clips), logits, atol=1e-5, rtol=1e-5)


# --- sizes, defaults and files ----------------------------------------------------------------


def test_sizes_that_do_not_fit_are_named():
    model = build("divided")
    with pytest.raises(ValueError, match=r"\(B, 3, 2, 16, 16\) are expected, not \(2, 4, 2, 16"):
        model(some_clips(2, frames=4))
    for wrong in (some_clips()[..., :8], some_clips()[:, :, :1], some_clips()[0]):
        with pytest.raises(ValueError, match="are expected"):
            model(wrong)
    with pytest.raises(ValueError, match="multiple of patch_size"):
        build("divided", image_size=20)
    with pytest.raises(ValueError, match="multiple of num_heads"):
        build("divided", num_heads=5)
    with pytest.raises(ValueError, match="power of two"):
        build("divided", "convolutional", patch_size=4, image_size=16, embed_dim=9, num_heads=3)
    with pytest.raises(ValueError, match="one of divided, joint, space"):
        build("axial")
    with pytest.raises(ValueError, match="one of linear, convolutional"):
        build("divided", "wavelet")


def test_the_course_sizes_are_the_defaults():
    with torch.device("meta"):
        model = TimeSformer(5)
    assert model.patch_embed.weight.shape == (512, 3, 16, 16)
    assert model.pos_embed.shape == (1, 197, 512)
    assert model.time_embed.shape == (1, 8, 512)
    assert len(model.blocks) == 6
    assert model.head.weight.shape == (5, 512)


def test_dropout_is_for_training_alone():
    model, clips = build("divided", dropout=0.5), some_clips()
    assert not torch.allclose(model(clips), model(clips), atol=1e-4)
    model.eval()
    assert torch.equal(model(clips), model(clips))


def test_saved_and_loaded_by_the_hub_mixin(model, tmp_path):
    model.save_pretrained(tmp_path)
    again = TimeSformer.from_pretrained(tmp_path).eval()
    assert torch.equal(model(some_clips()), again(some_clips()))
