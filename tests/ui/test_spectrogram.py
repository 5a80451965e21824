"""Colours and places of a spectrogram, bars of a waveform, the player."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from mm_demo.ui.spectrogram import LN_RANGE, player, spectrogram_url, wave_svg

DARKEST, AMBER, BRIGHTEST = (0x2A, 0x0F, 0x2E), (0xF5, 0xA6, 0x23), (0xFF, 0xF6, 0xE3)


def pixels(url):
    prefix = "data:image/png;base64,"
    assert url.startswith(prefix)
    image = Image.open(io.BytesIO(base64.b64decode(url.removeprefix(prefix))))
    assert image.format == "PNG"
    return np.asarray(image)


def test_values_become_colours_low_frequencies_at_the_bottom():
    # two mels, three frames; the first row is the lowest band
    mel = [[0.0, -LN_RANGE, -100.0], [-LN_RANGE / 4, -20.0, -20.0]]
    shown = pixels(spectrogram_url(mel, height=2))
    assert shown.shape == (2, 3, 3)
    assert tuple(shown[1, 0]) == BRIGHTEST
    assert tuple(shown[0, 0]) == AMBER
    assert {tuple(colour) for colour in shown[:, 1:].reshape(-1, 3)} == {DARKEST}


def test_only_the_distance_to_the_maximum_counts():
    mel = np.random.default_rng(0).normal(size=(40, 63))
    assert spectrogram_url(mel - 7) == spectrogram_url(mel)


def test_every_value_is_a_square_and_the_picture_high_enough():
    mel = np.arange(40 * 63, dtype=np.float32).reshape(40, 63)
    shown = pixels(spectrogram_url(mel, height=84))
    assert shown.shape == (120, 189, 3)
    assert np.array_equal(shown[::3, ::3].repeat(3, 0).repeat(3, 1), shown)


def test_silence_is_dark_and_so_is_what_is_no_number():
    assert (pixels(spectrogram_url(np.full((4, 5), -13.8))) == DARKEST).all()
    assert (pixels(spectrogram_url(np.full((4, 5), np.nan))) == DARKEST).all()
    shown = pixels(spectrogram_url([[0.0, np.nan, -np.inf, -1.0]], height=1))
    assert tuple(shown[0, 0]) == BRIGHTEST
    assert tuple(shown[0, 1]) == tuple(shown[0, 2]) == DARKEST


@pytest.mark.parametrize("mel", [[], [[]], [1.0, 2.0], np.zeros((1, 2, 3))])
def test_no_spectrogram(mel):
    with pytest.raises(ValueError, match="mels and frames"):
        spectrogram_url(mel)


def heights(svg):
    bars = re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", svg)
    return [round(float(low) - float(high), 1) for high, low in bars]


def test_bars_are_as_high_as_their_part_is_loud():
    samples = np.zeros(900)
    samples[:10], samples[15], samples[-1] = 0.25, -0.125, 0.5
    shown = heights(wave_svg(samples))
    assert len(shown) == 90
    assert shown[0] == 23
    assert shown[1] == 11.5
    assert shown[-1] == 46
    assert set(shown[2:-1]) == {0}


@pytest.mark.parametrize("samples", [[], np.zeros(1000), np.full(100, np.nan), [0.0]])
def test_silence_is_a_row_of_dots(samples):
    assert heights(wave_svg(samples, bars=12)) == [0] * 12


def test_the_wave_is_decoration_in_the_colour_of_sound():
    svg = wave_svg(np.ones(500), classes="small")
    assert 'class="wave small"' in svg
    assert 'viewBox="0 0 360 48"' in svg
    assert 'aria-hidden="true"' in svg
    assert 'stroke="var(--c2)"' in svg


def test_the_player_has_its_sound_and_its_name():
    html = player(b"RIFF....", "<b>8</b>")
    sound = re.search(r'src="data:audio/wav;base64,([^"]+)"', html)[1]
    assert base64.b64decode(sound) == b"RIFF...."
    name = re.search(r'aria-labelledby="([^"]+)"', html)[1]
    assert f'id="{name}"><b>8</b></span>' in html
    assert name not in player(b"RIFF....", "<b>8</b>")
