"""Checkpoint folders: whole or not at all, and every broken one named."""

import errno

import pytest
import torch
from torch import nn

from mm_demo import store
from mm_demo.errors import UserError


def write(folder, value):
    with store.writing(folder) as beside:
        store.write_tensors(beside / store.WEIGHTS, {"weight": torch.full((2, 2), value)})


def value(folder):
    return float(store.read_tensors(folder / store.WEIGHTS)["weight"][0, 0])


def test_written_beside_and_renamed(tmp_path):
    folder = tmp_path / "a" / "model"
    write(folder, 1.0)
    write(folder, 2.0)
    assert value(folder) == 2.0
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_a_full_disk_leaves_the_old_one(tmp_path):
    folder = tmp_path / "model"
    write(folder, 1.0)
    with pytest.raises(UserError) as error, store.writing(folder) as beside:
        (beside / "half").write_text("x")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert error.value.key == "disk.cannot_write"
    assert error.value.facts["reason"] == "No space left on device"
    assert value(folder) == 1.0
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_another_fault_leaves_the_old_one_and_stays_what_it_is(tmp_path):
    folder = tmp_path / "model"
    write(folder, 1.0)
    with pytest.raises(ZeroDivisionError), store.writing(folder):
        _ = 1 / 0
    assert value(folder) == 1.0


def test_killed_between_the_renames(tmp_path):
    folder = tmp_path / "model"
    write(folder, 1.0)
    folder.rename(tmp_path / ".model.old")
    store.recover(folder)
    assert value(folder) == 1.0


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (None, "checkpoint.missing_file"),
        (b"", "checkpoint.damaged"),
        (b"x" * 400, "checkpoint.damaged"),
    ],
)
def test_broken_weights(tmp_path, content, key):
    file = tmp_path / store.WEIGHTS
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError) as error:
        store.read_tensors(file)
    assert error.value.key == key
    assert error.value.facts["file"] == store.WEIGHTS


def test_truncated_weights(tmp_path):
    write(tmp_path / "model", 1.0)
    file = tmp_path / "model" / store.WEIGHTS
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(UserError) as error:
        store.read_tensors(file)
    assert error.value.key == "checkpoint.damaged"


def test_foreign_weights(tmp_path):
    write(tmp_path / "model", 1.0)
    for model in (nn.Linear(2, 2), nn.Linear(2, 3, bias=False)):
        with pytest.raises(UserError) as error:
            store.load_weights(model, tmp_path / "model")
        assert error.value.key == "checkpoint.foreign"
    right = nn.Linear(2, 2, bias=False)
    store.load_weights(right, tmp_path / "model")
    assert float(right.weight.detach()[0, 0]) == 1.0


def test_a_pickle_is_not_loaded(tmp_path):
    torch.save({"weight": torch.zeros(2, 2)}, tmp_path / store.WEIGHTS)
    with pytest.raises(UserError) as error:
        store.read_tensors(tmp_path / store.WEIGHTS)
    assert error.value.key == "checkpoint.damaged"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_broken_json(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(UserError) as error:
        store.read_json(tmp_path / "config.json")
    assert error.value.key == "checkpoint.damaged"


def test_broken_tokenizer(tmp_path):
    (tmp_path / store.TOKENIZER).write_text('{"version": "1.0"}')
    with pytest.raises(UserError) as error:
        store.read_tokenizer(tmp_path)
    assert error.value.key == "checkpoint.damaged"


def test_hash_tells_weights_apart(tmp_path):
    write(tmp_path / "a", 1.0)
    write(tmp_path / "b", 1.0)
    write(tmp_path / "c", 2.0)
    a, b, c = (store.weights_hash(tmp_path / name) for name in "abc")
    assert a == b != c


def test_a_finished_models_weights_take_half_the_room_and_are_computed_in_full(tmp_path):
    torch.manual_seed(0)
    model = torch.nn.Linear(40, 30)
    store.write_tensors(tmp_path / store.WEIGHTS, model.state_dict())
    before = (tmp_path / store.WEIGHTS).stat().st_size
    store.halve(tmp_path)
    assert (tmp_path / store.WEIGHTS).stat().st_size < 0.6 * before
    again = torch.nn.Linear(40, 30)
    store.load_weights(again, tmp_path)
    assert again.weight.dtype == torch.float32
    assert torch.equal(again.weight, model.weight.half().float())


def test_a_table_in_eight_bits_is_off_by_at_most_half_a_step_of_its_row(tmp_path):
    table = torch.randn(7, 50) * torch.logspace(-3, 1, 7)[:, None]
    table[3] = 0
    stored = store.in_eight_bits("weight", table)
    assert stored["weight"].dtype == torch.int8
    store.write_tensors(tmp_path / store.WEIGHTS, stored)
    model = torch.nn.Embedding(7, 50)
    store.load_weights(model, tmp_path)
    step = table.abs().amax(1, keepdim=True) / 127
    assert ((model.weight - table).abs() <= step / 2 + 1e-9).all()
    assert not model.weight[3].any()


class Twins(nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.left, self.right = nn.Linear(2, width), nn.Linear(2, width)


def test_a_part_of_a_model_fills_another_network(tmp_path):
    twins = Twins()
    store.write_tensors(tmp_path / store.WEIGHTS, twins.state_dict())
    part = nn.Linear(2, 3)
    store.load_part(part, tmp_path, {"right.": ""})
    assert torch.equal(part.weight, twins.right.weight)
    assert torch.equal(part.bias, twins.right.bias)
    assert not torch.equal(part.weight, twins.left.weight)
    swapped = Twins()
    store.load_part(swapped, tmp_path, {"right.": "left.", "left.": "right."})
    assert torch.equal(swapped.left.weight, twins.right.weight)
    assert torch.equal(swapped.right.weight, twins.left.weight)
    store.halve(tmp_path)
    store.load_part(part, tmp_path, {"left.": ""})
    assert torch.equal(part.weight, twins.left.weight.half().float())


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (nn.Linear(2, 3), {"middle.": ""}),  # it has no such part
        (nn.Linear(2, 4), {"left.": ""}),  # another width
        (nn.Linear(2, 3, bias=False), {"left.": ""}),  # more than there is room for
        (Twins(), {"left.": "left."}),  # less than is needed
    ],
)
def test_a_part_that_does_not_fit_is_foreign(tmp_path, part, names):
    store.write_tensors(tmp_path / store.WEIGHTS, Twins().state_dict())
    with pytest.raises(UserError) as error:
        store.load_part(part, tmp_path, names)
    assert error.value.key == "checkpoint.foreign"
    assert error.value.facts["folder"] == str(tmp_path)
