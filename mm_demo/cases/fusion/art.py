"""The picture on Fusion's card at home: a drawing and a sound that meet."""

from __future__ import annotations

import math


def card() -> str:
    """An SVG of 420 by 190: a drawn star on its paper, a wave, and the circle where they meet."""
    corners = []
    for k in range(10):
        radius, turn = (44.0 if k % 2 == 0 else 19.0), math.pi * k / 5 - math.pi / 2
        corners.append(f"{112 + radius * math.cos(turn):.1f} {98 + radius * math.sin(turn):.1f}")
    bars = ""
    for k in range(26):
        swell = math.exp(-(((k - 7) / 8) ** 2))
        height = 3 + 44 * swell * (0.62 + 0.38 * math.sin(2.4 * k + 1))
        bars += f"M{236 + 6.4 * k:.1f} {95 - height:.1f}v{2 * height:.1f}"
    return (
        '<svg viewBox="0 0 420 190" preserveAspectRatio="xMidYMid slice" aria-hidden="true">'
        '<circle cx="206" cy="95" r="86" fill="var(--glow)" opacity=".2"/>'
        '<rect x="42" y="25" width="140" height="140" rx="10" fill="#fff" '
        'stroke="var(--border-strong)"/>'
        f'<path d="M{"L".join(corners)}z" fill="none" stroke="#1C2330" stroke-width="9" '
        'stroke-linejoin="round"/>'
        f'<path d="{bars}" fill="none" stroke="var(--c2)" stroke-width="3.4" '
        'stroke-linecap="round"/></svg>'
    )
