"""A sentence as a plot: its words in a row, where each looked and how sure it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mm_demo.cases.captioning.speaker import Caption
from mm_demo.errors import UserError
from mm_demo.media.image import Picture
from mm_demo.training.figure import FONTS, check_format

_COLUMNS = 8
_INK = "#1C2330"


def draw_attention(picture: Picture, answer: Caption, file: Path) -> None:
    """The picture once for each word, dark where it did not look (Xu et al. 2015, figure 2).

    Without attention the pictures stay as they are. UserError for a format or a place that cannot
    be written.
    """
    from matplotlib import rcParams
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    check_format(file)
    known = {font.name for font in fontManager.ttflist}
    rcParams["font.family"] = [name for name in FONTS if name in known]
    count = len(answer.words)
    columns = min(_COLUMNS, count)
    rows = -(-count // columns)
    height, width = picture.pixels.shape[:2]
    figure = Figure(figsize=(1.7 * columns, 2.3 * rows + 0.6), layout="constrained")
    figure.suptitle(answer.caption, color=_INK)
    veil = LinearSegmentedColormap.from_list("veil", [(0.08, 0.1, 0.17, 0.75), (0, 0, 0, 0)])
    for place, axes in enumerate(figure.subplots(rows, columns, squeeze=False).flat):
        axes.set_axis_off()
        if place >= count:
            continue
        word = answer.words[place]
        axes.imshow(picture.pixels)
        if word.map is not None:
            grid = Image.new("F", (len(word.map[0]), len(word.map)))
            grid.putdata([value for line in word.map for value in line])
            shown = grid.resize((width, height), Image.Resampling.BILINEAR)
            axes.imshow(np.asarray(shown), cmap=veil, vmin=0, vmax=1)
        axes.set_title(f"{word.word}\n{word.probability:.2f}", color=_INK, fontsize=11)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, dpi=200)
    except OSError as error:
        raise UserError(
            "disk.cannot_write", folder=str(file), reason=error.strerror or ""
        ) from error
