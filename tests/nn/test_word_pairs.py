"""Words and pairs of words, gathered into one vector."""

import torch
import torch.nn.functional as F

from mm_demo.nn.word_pairs import gather, pair_slots


def test_a_pair_is_found_by_both_its_words_in_order():
    slots = pair_slots(torch.tensor([[5, 6, 7, 0], [6, 5, 7, 0]]), 4096)
    assert slots[0, 0] != slots[1, 0]
    assert slots[0, 1] != slots[1, 1]
    assert slots[0, 2] == slots[1, 2]  # 7 at the end
    assert slots.max() < 4096


def test_padding_is_neither_summed_nor_the_largest():
    x = torch.tensor([[[1.0, -4.0], [3.0, -2.0], [9.0, 9.0]]])
    mask = torch.tensor([[True, True, False]])
    assert gather(x, mask).tolist() == [[4.0, -6.0, 3.0, -2.0]]


def test_more_padding_changes_nothing():
    ids = torch.tensor([[5, 6, 7]])
    longer = F.pad(ids, (0, 4))
    assert torch.equal(pair_slots(ids, 4096), pair_slots(longer, 4096)[:, :3])
