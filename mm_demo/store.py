"""Checkpoint folders: safetensors and JSON in the Hub's layout, written beside and renamed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from mm_demo.errors import UserError

Model = TypeVar("Model", bound=nn.Module)

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
METRICS = "metrics.json"
RUN = "run.json"
OPTIMISER = "optimizer.safetensors"
SCALE = ".scale"  # a table in eight bits has its rows' scales beside it, under this name


@contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder` that takes its place once the block is through.

    UserError where the disk is full or the place cannot be written; what stood there before then
    still stands. Between the two renames there is no folder of that name for a moment; `recover`
    mends a kill just then.
    """
    folder = Path(folder)
    beside: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(
            tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".draft", dir=folder.parent)
        )
        yield beside
        _open_to_readers(beside)
        old = _aside(folder)
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
            folder.rename(old)
        beside.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        recover(folder)
        raise UserError("disk.cannot_write", folder=str(folder), reason=_reason(error)) from error
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)


def check_writable(folder: Path) -> None:
    """UserError where `writing` would fail at once: said before minutes of work, not after."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        os.rmdir(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise UserError("disk.cannot_write", folder=str(folder), reason=_reason(error)) from error


@contextmanager
def editing(folder: Path) -> Iterator[Path]:
    """A copy of `folder` that takes its place once the block is through."""
    with writing(folder) as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        yield copy


def _open_to_readers(folder: Path) -> None:
    """What mkdtemp and safetensors keep to their owner becomes what the umask would have made."""
    umask = os.umask(0o022)
    os.umask(umask)
    folder.chmod(0o777 & ~umask)
    for file in folder.iterdir():
        if file.is_file():
            file.chmod(0o666 & ~umask)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def recover(folder: Path) -> None:
    """Put back a folder that a kill caught between the two renames of `writing`, drop its drafts."""
    if folder.parent.is_dir():
        for draft in folder.parent.glob(f".{folder.name}.*.draft"):
            shutil.rmtree(draft, ignore_errors=True)
    old = _aside(folder)
    if not folder.exists() and old.exists():
        old.rename(folder)


def write_tensors(file: Path, tensors: Mapping[str, Tensor]) -> None:
    """A safetensors file of contiguous copies."""
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, file)


def read_tensors(file: Path) -> dict[str, Tensor]:
    """The tensors of a file; UserError where it is missing, cut short or something else."""
    _need(file)
    try:
        return dict(load_file(file))
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError("checkpoint.damaged", file=file.name, folder=str(file.parent)) from error


def write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object; UserError where the file is missing or is none."""
    _need(file)
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise UserError("checkpoint.damaged", file=file.name, folder=str(file.parent)) from error
    if not isinstance(value, dict):
        raise UserError("checkpoint.damaged", file=file.name, folder=str(file.parent))
    return value


def _need(file: Path) -> None:
    if not file.is_file():
        raise UserError("checkpoint.missing_file", file=file.name, folder=str(file.parent))


def read_tokenizer(folder: Path) -> Tokenizer:
    """The folder's words; UserError where the file is missing or is no tokenizer."""
    file = folder / TOKENIZER
    _need(file)
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # tokenizers raises bare Exception for anything it cannot read
        raise UserError("checkpoint.damaged", file=file.name, folder=str(folder)) from error


def load_weights(model: nn.Module, folder: Path) -> None:
    """Fill `model` from the folder; UserError where its tensors belong to another model.

    What is small on disk, by `halve` or `in_eight_bits`, is computed in float32.
    """
    tensors = unpacked(read_tensors(folder / WEIGHTS))
    expected = model.state_dict()
    if tensors.keys() != expected.keys() or any(
        tensors[name].shape != tensor.shape for name, tensor in expected.items()
    ):
        raise UserError("checkpoint.foreign", folder=str(folder))
    model.load_state_dict(tensors, assign=next(model.parameters()).is_meta)


def load_part(part: nn.Module, folder: Path, names: Mapping[str, str]) -> None:
    """Fill a network from a part of another model: `names` maps beginnings of its tensors' names there
    to ours. UserError where that model has no such part.
    """
    stored = unpacked(read_tensors(folder / WEIGHTS))
    found: dict[str, Tensor] = {}
    for theirs, ours in names.items():
        found |= {
            ours + name.removeprefix(theirs): tensor
            for name, tensor in stored.items()
            if name.startswith(theirs)
        }
    try:
        part.load_state_dict(found)
    except RuntimeError as error:
        raise UserError("checkpoint.foreign", folder=str(folder)) from error


def unpacked(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """What `halve` and `in_eight_bits` made small, in float32 again."""
    tensors = {}
    for name, tensor in stored.items():
        if name.removesuffix(SCALE) != name and stored.keys() >= {name.removesuffix(SCALE)}:
            continue
        if tensor.dtype == torch.int8 and name + SCALE in stored:
            tensor = tensor.float() * stored[name + SCALE]
        tensors[name] = tensor.float() if tensor.dtype == torch.float16 else tensor
    return tensors


def in_eight_bits(name: str, table: Tensor) -> dict[str, Tensor]:
    """A table (rows, dim) as `load_weights` reads it: int8, and each row's scale beside it."""
    scale = table.abs().amax(1, keepdim=True).clamp(min=1e-12) / 127
    return {name: (table / scale).round().to(torch.int8), name + SCALE: scale}


def load_model(kind: type[Model], folder: Path) -> Model:
    """The network of a folder, ready to answer; UserError where it is another kind's.

    Made on "meta": no weights are drawn that the file then replaces.
    """
    config = read_json(folder / CONFIG)
    try:
        with torch.device("meta"):
            model = kind(**config)
    except (TypeError, ValueError, RuntimeError, KeyError) as error:
        raise UserError("checkpoint.foreign", folder=str(folder)) from error
    load_weights(model, folder)
    return model.eval()


def halve(folder: Path, eight_bits: Sequence[str] = ()) -> None:
    """Bring the weights of a folder to half precision: half the size, the same answers.

    The matrices named `eight_bits` become a quarter, with a scale a row.
    """
    small: dict[str, Tensor] = {}
    for name, tensor in read_tensors(folder / WEIGHTS).items():
        if name in eight_bits:
            small |= in_eight_bits(name, tensor)
        else:
            small[name] = tensor.half() if tensor.dtype == torch.float32 else tensor
    write_tensors(folder / WEIGHTS, small)


def weights_hash(folder: Path) -> str:
    """The first 16 hex digits of the SHA-256 of the weights file: which weights a figure is of."""
    _need(folder / WEIGHTS)
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()[:16]
