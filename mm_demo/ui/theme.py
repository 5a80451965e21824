"""The look in Gradio's own variables, so that native components and ours share one set of colours."""

from __future__ import annotations

import json
import re
from pathlib import Path

import gradio as gr
from gradio.themes.utils.colors import Color

from mm_demo.ui.cards import texts

_HERE = Path(__file__).parent

_INK_BLUE = Color(
    name="ink_blue",
    c50="#E8EEFB",
    c100="#D5E0F7",
    c200="#B4CAFF",
    c300="#8FB0FF",
    c400="#6089E8",
    c500="#3B66D9",
    c600="#2450B8",
    c700="#1B3F94",
    c800="#1F2A44",
    c900="#182238",
    c950="#121A2B",
)
_PAPER = Color(
    name="paper",
    c50="#FAFBF9",
    c100="#F5F6F3",
    c200="#E0E3DD",
    c300="#C4C9C2",
    c400="#8A93A3",
    c500="#5A6272",
    c600="#444C5A",
    c700="#2B313C",
    c800="#1A1E26",
    c900="#151920",
    c950="#12151B",
)
_CHINESE = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")

# light, dark
_PAIRS = {
    "body_background_fill": ("#F5F6F3", "#12151B"),
    "body_text_color": ("#1C2330", "#E8EAEF"),
    "body_text_color_subdued": ("#5A6272", "#A3ABB9"),
    "background_fill_primary": ("#FFFFFF", "#1A1E26"),
    "background_fill_secondary": ("#F0F2EE", "#222833"),
    "border_color_primary": ("#E0E3DD", "#2B313C"),
    "border_color_accent": ("#2450B8", "#8FB0FF"),
    "color_accent_soft": ("#E8EEFB", "#1F2A44"),
    "link_text_color": ("#2450B8", "#8FB0FF"),
    "link_text_color_hover": ("#1B3F94", "#B4CAFF"),
    "block_background_fill": ("#FFFFFF", "#1A1E26"),
    "block_border_color": ("#E0E3DD", "#2B313C"),
    "block_info_text_color": ("#5A6272", "#A3ABB9"),
    "block_label_background_fill": ("#FFFFFF", "#1A1E26"),
    "block_label_text_color": ("#1C2330", "#E8EAEF"),
    "block_title_text_color": ("#1C2330", "#E8EAEF"),
    "block_shadow": ("0 1px 2px rgba(28,35,48,.05)", "none"),
    "input_background_fill": ("#FAFBF9", "#151920"),
    "input_background_fill_focus": ("#FAFBF9", "#151920"),
    "input_border_color": ("#C4C9C2", "#444C5A"),
    "input_border_color_focus": ("#2450B8", "#8FB0FF"),
    "input_placeholder_color": ("#5A6272", "#A3ABB9"),
    "slider_color": ("#2450B8", "#8FB0FF"),
    "loader_color": ("#2450B8", "#8FB0FF"),
    "error_background_fill": ("#FBEAE8", "#3A1D1B"),
    "error_text_color": ("#B3261E", "#FFB4AB"),
    "checkbox_background_color_selected": ("#2450B8", "#3B66D9"),
    "checkbox_border_color_selected": ("#2450B8", "#3B66D9"),
    "checkbox_label_background_fill": ("transparent", "transparent"),
    "checkbox_label_background_fill_hover": ("transparent", "transparent"),
    "checkbox_label_background_fill_selected": ("#E8EEFB", "#1F2A44"),
    "checkbox_label_text_color": ("#5A6272", "#A3ABB9"),
    "checkbox_label_text_color_selected": ("#1B3F94", "#B4CAFF"),
    "button_primary_background_fill": ("#2450B8", "#3B66D9"),
    "button_primary_background_fill_hover": ("#1B3F94", "#3059C9"),
    "button_primary_border_color": ("#2450B8", "#3B66D9"),
    "button_primary_text_color": ("#FFFFFF", "#FFFFFF"),
    "button_secondary_background_fill": ("#FFFFFF", "#1A1E26"),
    "button_secondary_background_fill_hover": ("#F0F2EE", "#222833"),
    "button_secondary_border_color": ("#C4C9C2", "#444C5A"),
    "button_secondary_border_color_hover": ("#8A93A3", "#7C8696"),
    "button_secondary_text_color": ("#1C2330", "#E8EAEF"),
    "button_cancel_background_fill": ("#FFFFFF", "#1A1E26"),
    "button_cancel_background_fill_hover": ("#FBEAE8", "#3A1D1B"),
    "button_cancel_border_color": ("#B3261E", "#FFB4AB"),
    "button_cancel_border_color_hover": ("#B3261E", "#FFB4AB"),
    "button_cancel_text_color": ("#B3261E", "#FFB4AB"),
    "table_border_color": ("#E0E3DD", "#2B313C"),
}
_SAME = {
    "body_text_size": "16px",
    "block_border_width": "1px",
    "block_padding": "16px",
    "block_radius": "12px",
    "block_label_text_size": "14px",
    "block_label_text_weight": "600",
    "block_title_text_size": "14px",
    "block_title_text_weight": "600",
    "block_info_text_size": "13.5px",
    "container_radius": "12px",
    "layout_gap": "16px",
    "form_gap_width": "0px",
    "input_border_width": "1px",
    "input_radius": "8px",
    "input_padding": "8px 11px",
    "input_text_size": "15px",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "checkbox_shadow": "none",
    "checkbox_label_shadow": "none",
    "button_large_radius": "9px",
    "button_large_text_size": "15px",
    "button_large_text_weight": "600",
    "button_large_padding": "0 16px",
    "button_medium_radius": "9px",
    "button_medium_text_size": "15px",
    "button_medium_padding": "0 16px",
    "button_small_radius": "9px",
    "button_small_text_size": "14px",
    "button_small_text_weight": "600",
    "button_small_padding": "0 12px",
    "button_transition": "background-color .15s, border-color .15s",
    "button_primary_shadow": "none",
    "button_secondary_shadow": "none",
    "button_cancel_shadow": "none",
    "button_border_width": "1px",
}


def theme() -> gr.themes.Base:
    """Gradio's plain theme with our colours, type and measures; fonts come from Gradio's own files."""
    base = gr.themes.Base(
        primary_hue=_INK_BLUE,
        secondary_hue=_INK_BLUE,
        neutral_hue=_PAPER,
        font=[gr.themes.utils.fonts.LocalFont("Source Sans Pro", (400, 700)), *_CHINESE],
        font_mono=[
            gr.themes.utils.fonts.LocalFont("IBM Plex Mono", (400,)),
            "ui-monospace",
            "Noto Sans Mono CJK SC",
            "monospace",
        ],
    )
    variables = {name: light for name, (light, _) in _PAIRS.items()}
    variables |= {f"{name}_dark": dark for name, (_, dark) in _PAIRS.items()}
    return base.set(**variables, **_SAME)


def head() -> str:
    """For `launch(head=...)`: the style sheet and our small library, before any piece asks for them.

    Not `css_paths`: Gradio rewrites selectors there, wrongly inside @media and :is().
    """
    script = "".join((_HERE / f).read_text(encoding="utf-8") for f in ("page.js", "pad.js"))
    style = scoped((_HERE / "style.css").read_text(encoding="utf-8"))
    said = {name: texts(f"page.{name}") for name in ("copied", "steps")}
    facts = json.dumps(said, ensure_ascii=False)
    return f"<style>{style}</style><script>window.mmWords = {facts};\n{script}</script>"


def scoped(css: str) -> str:
    """The style sheet with every selector inside .gradio-container: stronger than Gradio's own."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    rule = r"(^|[{};])([^{}@;]*)\{"
    return re.sub(rule, lambda found: f"{found[1]}{_scoped_selectors(found[2])} {{", css)


def _scoped_selectors(selectors: str) -> str:
    parts = re.split(r",(?![^(\[]*[)\]])", selectors)
    if re.fullmatch(r"\s*\d+%\s*|\s*(from|to)\s*", selectors):  # a keyframe
        return selectors
    return ", ".join(
        part.strip() if re.match(r"\s*(:root|html|body|\.dark|\.gradio-container)", part)
        else f".gradio-container {part.strip()}"
        for part in parts
    )  # fmt: skip
