"""The plane that the joint space is shown on."""

import json

import numpy as np
import pytest

from mm_demo.cases.retrieval.joint_map import HARDEST, JointMap, hardest, preview


def unit(points):
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def space(seed=0, count=20, dim=8):
    rng = np.random.default_rng(seed)
    return unit(rng.standard_normal((count, dim))), unit(rng.standard_normal((count, dim)))


def test_distances_on_the_plane_are_those_of_a_flat_space():
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 20)
    flat = np.zeros((20, 5), np.float32)
    flat[:, 1], flat[:, 3] = np.cos(angles), np.sin(angles)
    pictures, texts, share = JointMap()(flat[:10], flat[10:])
    places = np.concatenate([pictures, texts])
    wanted = np.linalg.norm(flat[:, None] - flat, axis=-1)
    assert np.linalg.norm(places[:, None] - places, axis=-1) == pytest.approx(wanted, abs=1e-5)
    assert share == pytest.approx(1)


def test_what_does_not_move_stays_though_components_change_sign():
    images, texts = space()
    shown = JointMap()
    first = shown(images, texts)[0]
    turn = np.linalg.qr(np.random.default_rng(5).standard_normal((8, 8)))[0].astype(np.float32)
    mirrored = shown(images @ turn, texts @ turn)[0]  # the same space with other axes
    assert mirrored == pytest.approx(first, abs=1e-4)


def test_a_small_step_moves_points_a_little():
    shown, (images, texts) = JointMap(), space()
    moved = 0.0
    for step in range(20):
        rng = np.random.default_rng(step)
        before = shown(images, texts)[0]
        images = unit(images + 0.01 * rng.standard_normal(images.shape))
        moved = max(moved, float(np.abs(shown(images, texts)[0] - before).max()))
    assert moved < 0.2


def test_a_collapsed_space_is_a_point():
    same = unit(np.ones((6, 4)))
    pictures, texts, share = JointMap()(same, same)
    assert np.abs(pictures).max() < 1e-6
    assert np.isfinite(texts).all()
    assert 0 <= share <= 1


def test_the_worst_mistakes_come_first_and_true_texts_are_none():
    images = np.eye(4, dtype=np.float32)
    texts = unit(np.array([[1, 0, 0, 0], [0.9, 0.5, 0, 0], [0, 0, 1, 0.2], [0, 0, 0.7, 0.7]]))
    untrue = ~np.eye(4, dtype=bool)
    found = hardest(images, texts, untrue)
    assert [each["row"] for each in found] == [0, 2, 1, 3]
    assert [each["negative"] for each in found[:2]] == [1, 3]
    assert found[1]["own"] == pytest.approx(1 - 0.9806, abs=1e-3)
    assert found[1]["other"] == pytest.approx(1 - 0.7071, abs=1e-3)
    untrue[0, 1] = False
    again = next(each for each in hardest(images, texts, untrue) if each["row"] == 0)
    assert again["negative"] != 1
    assert hardest(images, texts, np.zeros((4, 4), bool)) == []


def test_a_preview_is_plain_and_whole():
    images, texts = space(count=7)
    untrue = ~np.eye(7, dtype=bool)
    made = preview(JointMap(), images, texts, untrue, list("abcdefg"), ["data:"] * 7)
    assert json.loads(json.dumps(made)) == made
    assert [len(made[k]) for k in ("pictures", "texts", "names", "thumbnails")] == [7] * 4
    assert len(made["hardest"]) == HARDEST
