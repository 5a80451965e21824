"""Small pictures as text: what a page shows without a request of its own."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def data_url(picture: NDArray[np.uint8], quality: int = 82) -> str:
    """A picture (H, W, 3) as a WebP data URL."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=quality, method=2)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode("ascii")
