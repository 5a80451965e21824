"""Training video in a real browser: the schemes side by side, and classes of the visitor's own."""

import pytest

from mm_demo.cases.timesformer import studio
from mm_demo.cases.timesformer.scenery import scenery

pytestmark = pytest.mark.browser

SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
# Small enough for seconds; what is learned in so few steps does not matter here.
QUICK = "&steps=6&batch_size=8&embed_dim=16&num_layers=1&evaluations=1"


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Three clips of each of two moves, under names that say nothing."""
    folder = tmp_path_factory.mktemp("own")
    return {
        move: [
            str(studio.write(studio.shoot(scenery("road"), [move], seed), folder / f"{move}{seed}"))
            for seed in range(3)
        ]
        for move in ("pan_left", "zoom_in")
    }


def train(page):
    page.click("#timesformer-start")
    page.wait_for_selector("#timesformer-status .btn.p", timeout=180_000)


def test_the_three_schemes_are_compared_and_a_cell_shows_its_clip(open_page, page_url):
    page = open_page(page_url + "?case=timesformer&panel=train&lang=en&attention=all" + QUICK)
    page.get_by_role("tab", name="Train live").last.click()
    train(page)
    table = page.locator("#timesformer-runs").inner_text()
    assert "all three" in table.lower()
    cell = page.locator(".ts-cm button").first
    cell.click()
    page.wait_for_function("document.body.innerText.includes('answered')")
    page.get_by_role("button", name="Use this model").first.click()
    page.locator("#timesformer-model").get_by_text("run-1").wait_for()
    assert page.evaluate(SIDEWAYS) <= 0


def gather(page, name, files):
    page.locator("#timesformer-mine-name :is(input, textarea)").fill(name)
    with page.expect_file_chooser() as chooser:
        page.click("#timesformer-mine-files")
    chooser.value.set_files(files)
    page.locator(f"#timesformer-mine-classes button[data-class='{name}']").first.wait_for()


def test_classes_of_ones_own_are_gathered_trained_and_used(open_page, page_url, clips):
    page = open_page(page_url + "?case=timesformer&panel=train&dataset=own&lang=en" + QUICK)
    page.locator("#timesformer-mine").wait_for()
    gather(page, "to the side", clips["pan_left"])
    gather(page, "nearer", clips["zoom_in"])
    thumbs = page.locator("#timesformer-mine-classes img")
    assert thumbs.count() == 6
    page.locator("#timesformer-mine-classes .tf-shot button").first.click()
    page.wait_for_function(
        "document.querySelectorAll('#timesformer-mine-classes img').length === 5"
    )
    train(page)
    page.wait_for_selector(".ts-cm")
    assert "to the side" in page.locator(".ts-cm").first.inner_text()
    page.get_by_role("button", name="Use this model").first.click()
    page.locator("#timesformer-clip input[type=file]").set_input_files(clips["zoom_in"][0])
    page.wait_for_selector("#timesformer-foot .foot")
    shown = page.locator("#timesformer-head table.rank").inner_text()
    assert "nearer" in shown
    assert "to the side" in shown


def test_a_name_that_is_none_is_told_and_nothing_is_lost(open_page, page_url, clips):
    page = open_page(page_url + "?case=timesformer&panel=train&dataset=own&lang=zh", width=390)
    page.locator("#timesformer-mine").wait_for()
    gather(page, "左", clips["pan_left"])
    page.locator("#timesformer-mine-name :is(input, textarea)").fill("a/b")
    with page.expect_file_chooser() as chooser:
        page.click("#timesformer-mine-files")
    chooser.value.set_files(clips["zoom_in"])
    page.locator("#timesformer-mine-note [role=alert]").wait_for()
    assert "先写类别名" in page.locator("#timesformer-mine-note").inner_text()
    assert page.locator("#timesformer-mine-classes img").count() == 3
    assert page.evaluate(SIDEWAYS) <= 0


def test_a_clip_is_recorded_for_a_class(open_page, page_url):
    page = open_page(page_url + "?case=timesformer&panel=train&dataset=own&lang=en")
    page.context.grant_permissions(["camera", "microphone"])
    page.locator("#timesformer-mine").wait_for()
    page.locator("#timesformer-mine-name :is(input, textarea)").fill("green")
    page.locator("#timesformer-mine-camera button").first.click()
    record = page.locator("#timesformer-mine-camera .button-wrap button").first
    record.wait_for()
    page.wait_for_timeout(800)
    record.click()
    page.wait_for_timeout(1800)
    record.click()
    page.locator("#timesformer-mine-classes img").first.wait_for(timeout=60_000)
    assert "green" in page.locator("#timesformer-mine-classes").inner_text()
