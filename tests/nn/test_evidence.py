"""Maps of evidence on networks whose answer is known."""

import torch
import torch.nn.functional as F

from mm_demo.nn.backbone import Seen
from mm_demo.nn.evidence import pooled_grid, scaled, stem_grids, token_shares


def test_the_token_that_says_what_the_text_says_has_the_largest_share():
    tokens = torch.zeros(2, 9, 4)
    tokens[0, 3, 1] = tokens[1, 7, 2] = 1.0
    texts = torch.eye(4)[[1, 2]]
    shares = token_shares(tokens, lambda t: F.normalize(t.mean(1) + 0.1, dim=-1), texts)
    assert shares.argmax(1).tolist() == [3, 7]
    assert shares.shape == (2, 9)
    assert not shares.requires_grad


def test_a_map_goes_from_nought_to_one():
    made = scaled(torch.tensor([[[-3.0, 1.0], [2.0, 4.0]], [[-1.0, -1.0], [-1.0, -1.0]]]))
    assert made[0].tolist() == [[0.0, 0.25], [0.5, 1.0]]
    assert made[1].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_a_stems_cells_are_read_in_their_middle():
    shares = torch.zeros(1, 4, 4)
    shares[0, 2, 2] = 1.0
    made = stem_grids(shares)[0]
    assert made[2, 2] == 1.0
    assert made[1, 2] > 0  # looks up and to the left of where the cell is
    assert made[3, 2] == made[2, 3] == 0


def test_the_cell_that_carries_the_score_is_shown():
    grid = torch.zeros(1, 3, 3, 5)
    grid[0, 0, 2, 4] = 9.0
    seen = [Seen(grid, grid.mean((1, 2)), torch.zeros(1, 1000))] * 2
    made = pooled_grid(seen, lambda pooled: pooled[0][0, 4] + 0 * pooled[1].sum(), 3)
    assert made.argmax() == 2
    assert made.max() == 1
