"""The picture on TimeSformer's card at home: a strip of film over which a camera pans."""

from __future__ import annotations


def card() -> str:
    """An SVG of 420 by 190: the same hill in four frames, further left in each, one of them lit."""
    frames = ""
    for k in range(4):
        x, shift = 22 + 96 * k, -26 * k
        lit = 'opacity="1"' if k == 2 else 'opacity=".62"'
        frames += (
            f'<svg x="{x}" y="52" width="88" height="86" viewBox="0 0 88 86"><g {lit}>'
            '<rect width="88" height="86" fill="#CFE3E8"/>'
            f'<circle cx="{96 + shift}" cy="24" r="10" fill="#F4C95D"/>'
            f'<path d="M{-60 + shift} 86L{-10 + shift} 46L{40 + shift} 70L{86 + shift} 34'
            f'L{150 + shift} 72L{200 + shift} 60V86z" fill="#7DB59A"/>'
            f'<path d="M{62 + shift} 86V58h26V86zM{58 + shift} 60l17-16 17 16z" fill="#C4514A"/>'
            "</g></svg>"
        )
    holes = "".join(f"M{18 + 16 * k} 34h8v6h-8zM{18 + 16 * k} 150h8v6h-8z" for k in range(25))
    return (
        '<svg viewBox="0 0 420 190" preserveAspectRatio="xMidYMid slice" aria-hidden="true">'
        '<rect y="24" width="420" height="142" fill="#1C2330"/>'
        f'<path d="{holes}" fill="#F5F6F3"/>{frames}'
        '<rect x="212" y="50" width="92" height="90" fill="none" stroke="var(--glow)" '
        'stroke-width="4"/><path d="M150 178h120m-9-6 9 6-9 6" fill="none" '
        'stroke="var(--c1, #2450B8)" stroke-width="3" stroke-linecap="round"/></svg>'
    )
