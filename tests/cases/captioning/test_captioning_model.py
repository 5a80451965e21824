"""The gates that would have caught the course's faults: of the decoder, and of the whole networks."""

import math

import pytest
import torch
import torch.nn.functional as F

from mm_demo.cases.captioning.model import (
    ImageCaptioningModel,
    SceneCaptioner,
    SoftAttention,
    caption_loss,
)
from mm_demo.cases.captioning.photos.model import POOLED, SENTENCE, PhotoCaptioner

START, END = 2, 11
CAPTIONS = torch.tensor([[2, 5, 6, 7, 11, 0, 0], [2, 6, 5, 7, 8, 9, 11], [2, 8, 11, 0, 0, 0, 0]])
IMAGES, GRID = 20, 16  # widths of the picture's vector and of its grid's cells


def decoder(grid_dim=GRID, seed=0):
    torch.manual_seed(seed)
    return ImageCaptioningModel(12, 16, 24, IMAGES, grid_dim=grid_dim, attention_dim=8, dropout=0.2)


def pictures(count, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, IMAGES, generator=generator), torch.randn(
        count, 9, GRID, generator=generator
    )


@pytest.fixture(params=[GRID, 0], ids=["attention", "plain"])
def model(request):
    return decoder(request.param)


def photo_logits():
    torch.manual_seed(0)
    model = PhotoCaptioner(12, ("lite0",), 16, 24, GRID, 8)
    return model, model(
        torch.rand(3, POOLED), torch.rand(3, SENTENCE), CAPTIONS[:, :-1], torch.randn(3, 9, GRID)
    )


def scene_logits():
    torch.manual_seed(0)
    model = SceneCaptioner(12, 16, 24, image={"image_size": 32, "width": 8})
    return model, model(torch.randn(3, 3, 32, 32), CAPTIONS[:, :-1])


def decoder_logits(grid_dim):
    model = decoder(grid_dim)
    return model, model(pictures(3)[0], CAPTIONS[:, :-1], pictures(3)[1])


@pytest.mark.parametrize(
    "made",
    [lambda: decoder_logits(GRID), lambda: decoder_logits(0), scene_logits, photo_logits],
    ids=["attention", "plain", "scenes", "photographs"],
)
def test_every_parameter_gets_a_gradient(made):
    model, logits = made()
    assert logits.shape == (3, 6, 12)
    caption_loss(logits, CAPTIONS).backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_the_courses_sizes_are_the_defaults_and_its_call_works():
    course = ImageCaptioningModel(1000)
    assert course.word_embed.weight.shape == (1000, 256)
    assert course.image_encoder[0].weight.shape == (512, 2048)
    assert (course.lstm.input_size, course.lstm.hidden_size) == (768, 512)
    assert course.attention is None
    assert course(torch.randn(2, 2048), torch.randint(0, 1000, (2, 20))).shape == (2, 20, 1000)


def test_the_picture_and_the_order_of_words_change_what_follows(model):
    model.eval()
    images, grid = pictures(2)
    words = torch.tensor([[2, 5, 6, 7], [2, 5, 6, 7]])
    logits = model(images, words, grid)
    assert not torch.allclose(logits[0], logits[1], atol=1e-3)
    turned = model(images, words[:, [0, 2, 1, 3]], grid)
    assert not torch.allclose(logits[:, -1], turned[:, -1], atol=1e-3)


def test_attention_looks_at_the_grid_and_plain_does_not():
    images, grid = pictures(3)
    seeing, plain = decoder().eval(), decoder(0).eval()
    other = pictures(3, seed=2)[1]
    assert not torch.allclose(
        seeing(images, CAPTIONS, grid), seeing(images, CAPTIONS, other), atol=1e-3
    )
    assert torch.equal(plain(images, CAPTIONS, grid), plain(images, CAPTIONS))
    with pytest.raises(ValueError, match="grids"):
        seeing(images, CAPTIONS)
    assert plain.step(CAPTIONS, plain.look(images))[1] is None


def test_where_it_looks_is_a_distribution_that_follows_the_cells():
    model = decoder().eval()
    images, grid = pictures(3)
    logits, weights, _ = model.step(CAPTIONS, model.look(images, grid))
    assert weights.shape == (3, 7, 9)
    assert weights.sum(-1).flatten().tolist() == pytest.approx([1] * 21, abs=1e-5)
    order = torch.randperm(9)
    moved_logits, moved, _ = model.step(CAPTIONS, model.look(images, grid[:, order]))
    torch.testing.assert_close(moved, weights[..., order], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(moved_logits, logits, atol=1e-5, rtol=1e-4)


def test_attention_is_torchs_scaled_dot_product():
    torch.manual_seed(3)
    attention, hidden = SoftAttention(GRID, 24, 8), torch.randn(2, 5, 24)
    keys, values = attention.look(torch.randn(2, 9, GRID))
    found, _ = attention(hidden, keys, values)
    wanted = F.scaled_dot_product_attention(attention.query(hidden), keys, values)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_word_by_word_is_the_same_as_all_at_once(model):
    model.eval()
    looked = model.look(*pictures(3))
    whole, weights, (hidden, cell) = model.step(CAPTIONS, looked)
    memory = None
    for place in range(CAPTIONS.shape[1]):
        logits, at, memory = model.step(CAPTIONS[:, place : place + 1], looked, memory)
        torch.testing.assert_close(logits[:, 0], whole[:, place], atol=1e-5, rtol=1e-4)
        if weights is not None:
            torch.testing.assert_close(at[:, 0], weights[:, place], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(memory[0], hidden, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(memory[1], cell, atol=1e-5, rtol=1e-4)


def test_hypotheses_about_a_picture_are_sentences_apart(model):
    model.eval()
    looked = model.look(*pictures(2))
    begun = torch.tensor([[2, 5], [2, 6], [2, 7], [2, 8], [2, 9], [2, 5]])  # three of each picture
    places = torch.tensor([0, 0, 0, 1, 1, 1])
    rows = [looked.rows(place[None]) for place in places]
    memories = [model.step(words[None], row)[2] for words, row in zip(begun, rows, strict=True)]
    memory = tuple(torch.cat(states, 1) for states in zip(*memories, strict=True))
    following = torch.tensor([[3, 4, 5], [6, 7, 8]])
    logits, after = model.hypotheses(following, looked, memory)
    for n, (words, row) in enumerate(zip(begun, rows, strict=True)):
        sentence = torch.cat([words, following.flatten()[n : n + 1]])[None]
        wanted, _, state = model.step(sentence, row)
        torch.testing.assert_close(logits[n // 3, n % 3], wanted[0, -1], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(after[0][:, n], state[0][:, 0], atol=1e-5, rtol=1e-4)


def test_later_words_and_padding_change_nothing_before(model):
    model.eval()
    images, grid = pictures(3)
    logits = model(images, CAPTIONS, grid)
    longer = model(images, F.pad(CAPTIONS, (0, 4)), grid)
    torch.testing.assert_close(longer[:, :7], logits, atol=1e-5, rtol=1e-4)
    changed = CAPTIONS.clone()
    changed[:, 3:] = 9
    torch.testing.assert_close(
        model(images, changed, grid)[:, :3], logits[:, :3], atol=1e-5, rtol=1e-4
    )


def test_dropout_rests_while_answering(model):
    images, grid = pictures(3)
    assert not torch.equal(model(images, CAPTIONS, grid), model(images, CAPTIONS, grid))
    model.eval()
    assert torch.equal(model(images, CAPTIONS, grid), model(images, CAPTIONS, grid))


def test_loss_by_hand():
    torch.manual_seed(4)
    logits = torch.randn(3, 6, 12)
    logs = logits.log_softmax(-1)
    asked = [
        (row, place, int(CAPTIONS[row, place + 1]))
        for row in range(3)
        for place in range(6)
        if CAPTIONS[row, place + 1]
    ]
    assert len(asked) == 4 + 6 + 2
    wanted = -sum(float(logs[each]) for each in asked) / len(asked)
    assert math.isclose(float(caption_loss(logits, CAPTIONS)), wanted, rel_tol=1e-5)
    evenly = -sum(float(logs[row, place].mean()) for row, place, _ in asked) / len(asked)
    assert math.isclose(
        float(caption_loss(logits, CAPTIONS, 0.1)), 0.9 * wanted + 0.1 * evenly, rel_tol=1e-5
    )


def test_guessing_costs_ln_v():
    assert math.isclose(
        float(caption_loss(torch.zeros(3, 6, 12), CAPTIONS)), math.log(12), rel_tol=1e-6
    )


def test_padding_and_the_start_are_never_asked_for_and_the_end_is():
    logits = torch.zeros(3, 6, 12, requires_grad=True)
    caption_loss(logits, CAPTIONS).backward()
    padded = CAPTIONS[:, 1:] == 0
    assert not logits.grad[padded].any()
    pulled_up = {int(word) for word in logits.grad[~padded].argmin(-1)}
    assert END in pulled_up
    assert START not in pulled_up
    assert 0 not in pulled_up
    torch.testing.assert_close(
        caption_loss(F.pad(torch.ones(3, 6, 12), (0, 0, 0, 3)), F.pad(CAPTIONS, (0, 3))),
        caption_loss(torch.ones(3, 6, 12), CAPTIONS),
    )


def test_four_pictures_are_learned_by_heart(model):
    images, grid = pictures(4)
    captions = torch.tensor(
        [[2, 5, 6, 11, 0], [2, 6, 5, 7, 11], [2, 8, 11, 0, 0], [2, 5, 9, 4, 11]]
    )
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(150):
        optimiser.zero_grad()
        caption_loss(model(images, captions[:, :-1], grid), captions).backward()
        optimiser.step()
    model.eval()
    said = model(images, captions[:, :-1], grid).argmax(-1)
    known = captions[:, 1:] != 0
    assert torch.equal(said[known], captions[:, 1:][known])


def test_photographs_are_standardised_by_what_training_was_like():
    model = PhotoCaptioner(12, ("lite0", "lite2"), 16, 24, 0).eval()
    pooled, semantic = torch.rand(3, 2 * POOLED), torch.randn(3, SENTENCE)
    plain = model.look(pooled, semantic, None).image
    model.mean += 4
    model.deviation *= 2
    torch.testing.assert_close(model.look(2 * pooled + 4, semantic, None).image, plain)
    assert not torch.allclose(model.look(2 * pooled + 4, semantic + 1, None).image, plain)


@pytest.mark.parametrize("attention", [True, False])
def test_saved_and_loaded_by_the_hub_mixin(tmp_path, attention):
    torch.manual_seed(0)
    image = {"image_size": 32, "width": 8}
    made = SceneCaptioner(12, 16, 24, attention=attention, image=image).eval()
    made.save_pretrained(tmp_path)
    again = SceneCaptioner.from_pretrained(tmp_path).eval()
    images = torch.randn(3, 3, 32, 32)
    assert torch.equal(made(images, CAPTIONS), again(images, CAPTIONS))
