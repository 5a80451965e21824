"""Photographs with captions in both forms, whole, half and broken; the counts on the real ones."""

import io
import json
import os
import subprocess
import sys
import tarfile
from importlib import import_module

import numpy as np
import pytest
from PIL import Image

from mm_demo.data import DATASETS, coco_objects, flickr8k, photos
from mm_demo.data.photos import read
from mm_demo.errors import UserError
from mm_demo.media.image import MAX_BYTES
from mm_demo.words import say_error

FLICKR = {"train": ("11_a", "12_b", "13_c"), "dev": ("21_d",), "test": ("31_e", "32_f")}
COCO = {"train": (42, 73, 5), "dev": (139, 285, 632, 724)}
OBJECTS = {"dev": (25, 30), "test": (34, 36)}
SPLITS = {
    "flickr8k": ("train", "dev", "test"), "coco": ("train", "dev"),
    "photos": ("train", "dev", "test"), "coco_objects": ("dev", "test"),
}  # fmt: skip


def picture(name, kind, size=(6, 4)):
    """A plain picture whose red tells its name."""
    file = io.BytesIO()
    Image.new("RGB", size, (red(name), 60, 60)).save(file, kind, lossless=True, quality=95)
    return file.getvalue()


def red(name):
    return int(name.split("_")[0]) % 256


def write_tar(path, members):
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def number(k):
    return f"{k:012d}"


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("MM_DEMO_DATA", str(tmp_path))
    monkeypatch.setattr(flickr8k, "OFFICIAL", {k: len(v) for k, v in FLICKR.items()})
    return tmp_path


@pytest.fixture
def tars(data):
    """The sets as tars and tables by tabs."""
    for split, names in FLICKR.items():
        write_tar(data / f"flickr8k-{split}.tar", {f"{n}.webp": picture(n, "WEBP") for n in names})
    for prefix, parts in (("coco", COCO), ("coco-objects", OBJECTS)):
        for split, numbers in parts.items():
            members = {f"{number(k)}.webp": picture(number(k), "WEBP") for k in numbers}
            write_tar(data / f"{prefix}-{split}.tar", members)
    table(data / "flickr8k-captions.tsv", sum(FLICKR.values(), ()))
    table(data / "coco-captions.tsv", map(number, sum(COCO.values(), ())))
    lines = [f"{number(k)}.jpg\t{split}\t\n" for split, found in COCO.items() for k in found]
    (data / "coco-pictures.tsv").write_text("name\tsplit\twidth\n" + "".join(lines))
    lines = [f"{number(k)}\t{s}\tdog, person\tx\n" for s, found in OBJECTS.items() for k in found]
    (data / "coco-objects.tsv").write_text("name\tsplit\tkinds\tcopy\n" + "".join(lines))
    return data


def table(path, names):
    path.write_text("".join(f"{n}.jpg\t{k}\tCaption {k} of {n} .\n" for n in names for k in (0, 1)))


@pytest.fixture(params=["token", "csv"])
def published(data, request):
    """The sets as their publishers have them, in folders of their own."""
    root = data / "flickr8k"
    (root / "Flicker8k_Dataset").mkdir(parents=True)
    (root / "Flickr8k_text").mkdir()
    lines = ["image,caption\n"] if request.param == "csv" else []
    for split, names in FLICKR.items():
        for n in names:
            (root / "Flicker8k_Dataset" / f"{n}.jpg").write_bytes(picture(n, "JPEG"))
            between = (lambda k: ",") if request.param == "csv" else "#{}\t".format
            lines += [f"{n}.jpg{between(k)}Caption {k} of {n} .\n" for k in (0, 1)]
        listed = "".join(f"{n}.jpg\n" for n in names)
        (root / "Flickr8k_text" / f"Flickr_8k.{split}Images.txt").write_text(listed)
    name = "captions.txt" if request.param == "csv" else "Flickr8k_text/Flickr8k.token.txt"
    (root / name).write_text("".join(lines))
    root = data / "coco"
    (root / "annotations").mkdir(parents=True)
    for year, numbers in (("train2017", COCO["train"]), ("val2017", COCO["dev"])):
        (root / year).mkdir()
        for k in numbers:
            (root / year / f"{number(k)}.jpg").write_bytes(picture(number(k), "JPEG"))
        said = [
            {"image_id": k, "caption": f"Caption {n} of {number(k)} ."} for n in (0, 1) for k in numbers
        ]  # fmt: skip
        write_json(root, f"captions_{year}", numbers, annotations=said)
    things = [{"image_id": k, "category_id": c} for k in (139, 632, 724) for c in (1, 18, 1)]
    categories = [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}]
    write_json(root, "instances_val2017", COCO["dev"], annotations=things, categories=categories)
    return data


def write_json(root, name, numbers, **more):
    images = [{"id": k, "file_name": f"{number(k)}.jpg"} for k in numbers]
    (root / "annotations" / f"{name}.json").write_text(json.dumps({"images": images, **more}))


def check(found, names):
    names = sorted(names)
    assert found.names == tuple(f"{n}.jpg" for n in names)
    assert found.captions == tuple(tuple(f"Caption {k} of {n} ." for k in (0, 1)) for n in names)
    assert (found.missing, found.odd, found.kinds, len(found)) == (0, 0, (), len(names))
    for row, (name, pixels) in enumerate(zip(names, found.squares(5), strict=True)):
        assert pixels.shape == (5, 5, 3)
        assert np.abs(pixels - [red(name), 60.0, 60.0]).max() < 4
        opened = found.picture(row)
        assert opened.original_size == (6, 4)
        assert abs(int(opened.pixels[0, 0, 0]) - red(name)) < 4


def test_tars_and_their_tables(tars):
    every_split()


def test_the_publishers_forms(published):
    every_split()


def every_split():
    for split, names in FLICKR.items():
        check(read("flickr8k", split), names)
    for split, numbers in COCO.items():
        check(read("coco", split), map(number, numbers))
    both = read("photos", "train")
    parts = read("flickr8k", "train"), read("coco", "train")
    assert both.names == parts[0].names + parts[1].names
    assert both.captions == parts[0].captions + parts[1].captions
    assert (both.name, both.split, both.missing) == ("photos", "train", 0)
    squares = [pixels for part in parts for pixels in part.squares(5)]
    assert all(map(np.array_equal, both.squares(5), squares))
    assert read("photos", "test").names == read("flickr8k", "test").names
    for module in (flickr8k, photos):
        assert module.at_hand()[0]


def test_kinds_of_tars(tars):
    found = read("coco_objects", "test")
    assert found.names == tuple(f"{number(k)}.jpg" for k in OBJECTS["test"])
    assert found.kinds == (frozenset({"dog", "person"}),) * 2
    assert (found.captions, found.missing, found.odd) == ((), 0, 0)
    with (tars / "coco-objects.tsv").open("a") as file:
        file.write(f"{number(99)}\ttest\tcat\tx\n{number(36)}\ttest\tunicorn\tx\n{number(1)}\n")
    found = read("coco_objects", "test")
    assert (len(found), found.missing, found.odd) == (2, 1, 2)


def test_kinds_of_the_publisher(published):
    dev, test = (read("coco_objects", split) for split in ("dev", "test"))
    assert dev.names == (f"{number(632)}.jpg", f"{number(724)}.jpg")
    assert test.names == (f"{number(139)}.jpg", f"{number(285)}.jpg")
    assert test.kinds == (frozenset({"dog", "person"}), frozenset())


def test_what_is_for_measuring_is_never_trained_on(published):
    kept = number(COCO["train"][0])
    (published / "coco-objects.tsv").write_text(f"name\tsplit\tkinds\n{kept}\ttest\tdog\n")
    assert read("coco", "train").names == tuple(f"{number(k)}.jpg" for k in (5, 73))


def test_rows(tars):
    found = read("photos", "train").rows([3, 0])
    assert found.names == (f"{number(5)}.jpg", "11_a.jpg")
    assert found.captions[0][0] == f"Caption 0 of {number(5)} ."
    assert [pixels[0, 0, 0] for pixels in found.squares(4)] == [5, 11]
    assert [pixels[0, 0, 0] for pixels in found.squares(4, [1])] == [11]
    kinds = read("coco_objects", "dev").rows([1])
    assert (kinds.captions, len(kinds.kinds)) == ((), 1)


def test_what_lacks_picture_or_captions_is_counted(tars):
    members = {f"{n}.webp": picture(n, "WEBP") for n in ("11_a", "12_b", "99_z")}
    write_tar(tars / "flickr8k-train.tar", {**members, "README": b"x"})
    with (tars / "flickr8k-captions.tsv").open("a") as file:
        file.write("a line that is none\n98_y.jpg\t0\t\n")
    found = read("flickr8k", "train")
    assert found.names == ("11_a.jpg", "12_b.jpg")
    assert (found.missing, found.odd) == (1, 2)
    assert "1 left out" in next(iter(flickr8k.build()))
    write_tar(tars / "flickr8k-train.tar", {"11_a.webp": members["11_a.webp"]})
    assert read("flickr8k", "train").missing == 2
    write_tar(tars / "coco-train.tar", {f"{number(k)}.webp": b"" for k in (42, 139)})
    found = read("coco", "train")  # 139 is a photograph of dev, wherever it lies
    assert (found.names, found.missing) == ((f"{number(42)}.jpg",), 2)


def test_a_listed_photograph_without_file_is_counted(published):
    (published / "flickr8k" / "Flicker8k_Dataset" / "32_f.jpg").unlink()
    (published / "coco" / "val2017" / f"{number(139)}.jpg").unlink()
    assert (len(read("flickr8k", "test")), read("flickr8k", "test").missing) == (1, 1)
    assert (len(read("coco", "dev")), read("coco", "dev").missing) == (3, 1)
    assert read("coco_objects", "test").missing == 1


def test_a_picture_that_cannot_be_opened_is_none(tars):
    members = {"11_a.webp": picture("11_a", "WEBP")[:30], "12_b.webp": picture("12_b", "WEBP")}
    members["13_c.webp"] = members["12_b.webp"] + bytes(MAX_BYTES)
    write_tar(tars / "flickr8k-train.tar", members)
    found = read("flickr8k", "train")
    assert [pixels is None for pixels in found.squares(4)] == [True, False, True]
    for row, key in ((0, "image.damaged"), (2, "image.too_large")):
        with pytest.raises(UserError) as caught:
            found.picture(row)
        assert caught.value.key == key
    (tars / "flickr8k-train.tar").unlink()
    assert list(found.squares(4)) == [None] * 3


def test_a_tar_is_opened_once_for_all_its_rows(tars, monkeypatch):
    found, opened, pathlib_open = read("flickr8k", "train"), [], type(tars).open
    spy = lambda self, *rest: (opened.append(self.name), pathlib_open(self, *rest))[1]  # noqa: E731
    monkeypatch.setattr(type(tars), "open", spy)
    assert len(list(found.squares(4))) == 3
    assert opened == ["flickr8k-train.tar"]


@pytest.mark.parametrize(
    ("remove", "dataset", "split", "absent"),
    [
        ("flickr8k-captions.tsv", "flickr8k", "test", "flickr8k-captions.tsv"),
        ("flickr8k-test.tar", "flickr8k", "test", "flickr8k-test.tar"),
        ("flickr8k-train.tar", "photos", "train", "flickr8k-train.tar"),
        ("coco-train.tar", "photos", "train", "coco-train.tar"),
        ("coco-captions.tsv", "coco", "dev", "coco-captions.tsv"),
        ("coco-objects.tsv", "coco_objects", "dev", "coco-objects.tsv"),
        ("coco-objects-dev.tar", "coco_objects", "dev", "coco-objects-dev.tar"),
    ],
)
def test_half_a_set_says_which_half(tars, remove, dataset, split, absent):
    (tars / remove).unlink()
    with pytest.raises(UserError) as caught:
        read(dataset, split)
    assert caught.value.key == "photos.half"
    assert caught.value.facts["absent"] == absent
    assert absent in say_error("zh", caught.value)
    if dataset != "photos":
        there, line = import_module(DATASETS[dataset]).at_hand()
        assert not there
        assert absent in line


def test_the_official_split_is_not_guessed(published):
    (published / "flickr8k" / "Flickr8k_text" / "Flickr_8k.devImages.txt").unlink()
    with pytest.raises(UserError, match=r"photos\.half.*absent='Flickr_8k\.devImages\.txt'"):
        read("flickr8k", "dev")
    assert len(read("flickr8k", "test")) == 2


@pytest.mark.parametrize("dataset", SPLITS)
def test_no_set_at_all_says_where_to_get_it(data, dataset, monkeypatch):
    for split in SPLITS[dataset]:
        with pytest.raises(UserError) as caught:
            read(dataset, split)
        assert caught.value.key == "data.missing"
        assert "https://" in say_error("en", caught.value)
    look = import_module(DATASETS[dataset]).at_hand
    assert look()[0] is False
    for named in (str(data / "nowhere"), ""):
        monkeypatch.setenv("MM_DEMO_DATA", named)
        with pytest.raises(UserError, match=r"data\.no_folder"):
            read(dataset, SPLITS[dataset][0])
        assert "MM_DEMO_DATA" in look()[1]


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.5, 0.7])
def test_a_tar_that_breaks_off_is_told_or_counted(tars, cut):
    path = tars / "flickr8k-train.tar"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(cut * 3 * 1024)])
    try:
        found = read("flickr8k", "train")
    except UserError as error:
        assert (error.key, error.facts) == ("data.broken", {"file": path.name})
    else:
        assert len(found) + found.missing == 3
        assert found.missing > 0


@pytest.mark.parametrize(
    ("file", "content", "dataset", "key"),
    [
        ("flickr8k-dev.tar", b"no tar" * 200, "flickr8k", "data.broken"),
        ("flickr8k-captions.tsv", b"", "flickr8k", "photos.no_header"),
        ("flickr8k-captions.tsv", b"\xff\xfe\x00", "flickr8k", "photos.not_text"),
        ("flickr8k-captions.tsv", b"x.jpg\t0\ta\n", "flickr8k", "photos.no_match"),
        ("coco-pictures.tsv", b"", "coco", "data.broken"),
        ("coco-pictures.tsv", b"name\tsplit\nx\tdev\n", "coco", "photos.no_match"),
        ("coco-objects.tsv", b"name\tsplit\n", "coco_objects", "data.broken"),
        ("coco-objects.tsv", b"name\tsplit\tkinds\n", "coco_objects", "photos.no_match"),
    ],
)
def test_a_broken_file_gets_a_sentence(tars, file, content, dataset, key):
    (tars / file).write_bytes(content)
    with pytest.raises(UserError) as caught:
        read(dataset, "dev")
    assert caught.value.key == key
    say_error("en", caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"images": 3}', '{"images": [{"id": 1}]}', '{"images": [], "annotations": [{}]}'])  # fmt: skip
def test_broken_annotations_get_a_sentence(published, text):
    for name, dataset in (("captions_val2017", "coco"), ("instances_val2017", "coco_objects")):
        (published / "coco" / "annotations" / f"{name}.json").write_text(text)
        with pytest.raises(UserError, match=r"data\.broken"):
            read(dataset, "dev")


def test_unknown_names_are_the_callers_mistake(tars):
    for dataset, split in (("flickr30k", "dev"), ("coco", "test"), ("coco_objects", "train")):
        with pytest.raises(ValueError, match="unknown"):
            read(dataset, split)


def test_what_is_at_hand_is_told_without_torch(tars):
    code = (
        "import sys; from mm_demo.data import photos;"
        "print(photos.at_hand()[0], *photos.build(), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("True train  6 photographs, 12 captions")
    assert done.stdout.endswith("False\n")


@pytest.mark.skipif(not os.environ.get("MM_DEMO_DATA"), reason="MM_DEMO_DATA is not set")
def test_the_real_sets():
    counts = {
        ("flickr8k", "train"): (6000, 30000), ("flickr8k", "dev"): (1000, 5000),
        ("flickr8k", "test"): (1000, 5000), ("coco", "train"): (1203, 4944),
        ("coco", "dev"): (402, 2011), ("coco_objects", "dev"): (1500, 0),
        ("coco_objects", "test"): (2000, 0), ("photos", "train"): (7203, 34944),
    }  # fmt: skip
    names = {}
    for key, wanted in counts.items():
        found = read(*key)
        assert (len(found), sum(map(len, found.captions))) == wanted
        assert (found.missing, found.odd) == (0, 0)
        names[key] = set(found.names)
    union = names.pop(("photos", "train"))
    assert sum(map(len, names.values())) == len(set().union(*names.values()))  # all disjoint
    assert union == names["flickr8k", "train"] | names["coco", "train"]
    kinds = [kind for split in ("dev", "test") for kind in read("coco_objects", split).kinds]
    assert frozenset().union(*kinds) == set(coco_objects.KINDS)
    assert len(coco_objects.KINDS) == 80
    squares = list(read("coco", "dev").squares(32))
    assert all(pixels.std() > 3 for pixels in squares)
