"""Try TimeSformer in a real browser, with the bundled model and a camera."""

import av
import numpy as np
import pytest
from PIL import Image

from mm_demo.cases.timesformer import TIMESFORMER, studio
from mm_demo.cases.timesformer.scenery import scenery
from mm_demo.media.video import open_video

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not TIMESFORMER.checkpoint().is_dir(), reason="no model of camera moves is bundled"
    ),
]

SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A function: clips(moves...) -> a file in which the camera does them."""
    folder = tmp_path_factory.mktemp("clips")

    def filmed(*moves):
        path = folder / f"{'-'.join(moves)}.mp4"
        return path if path.exists() else studio.write(
            studio.shoot(scenery("road"), moves), path.with_suffix("")
        )  # fmt: skip

    return filmed


@pytest.fixture
def video(open_page, page_url):
    """A function: video(query="", **options) -> the page with TimeSformer's Try panel open."""

    def opened(query="", **options):
        page = open_page(f"{page_url}?case=timesformer&panel=try&lang=en{query}", **options)
        page.context.grant_permissions(["camera", "microphone"])
        page.locator("#timesformer-head button").first.wait_for()
        page.locator("#timesformer-cost .hint").wait_for()
        return page

    return opened


def upload(page, path):
    page.locator("#timesformer-clip input[type=file]").set_input_files(str(path))
    answered(page)


def answered(page):
    page.wait_for_selector("#timesformer-foot .foot")
    page.wait_for_function(
        "[...document.querySelectorAll('#timesformer-film canvas')]"
        ".filter(c => c.width > 60 && c.offsetParent).length === 8"
    )


def said(page):
    return page.locator("#timesformer-head .answer").inner_text()


def test_it_begins_with_our_example_in_one_click(video):
    page = video()
    assert "Choose a clip" in page.locator("#timesformer-head").inner_text()
    page.locator("#timesformer-head button").first.click()
    answered(page)
    assert "pans left" in said(page)
    page.locator("#timesformer-clip video").wait_for()
    assert page.locator("#timesformer-head table.rank tr").count() == 5
    assert page.locator("#timesformer-time svg rect").count() == 64
    label = page.locator("#timesformer-film [role=img]").first.get_attribute("aria-labelledby")
    assert "Frame 1, at" in page.locator(f"#{label}").inner_text()


def test_an_uploaded_clip_is_answered_along_its_time_in_both_languages(video, clips):
    page = video()
    upload(page, clips("pan_left", "tilt_up"))
    assert said(page).startswith("pans left, then")
    pressed = [
        stretch.get_attribute("aria-pressed") == "true"
        for stretch in page.locator("#timesformer-strip [data-do=look]").all()
    ]
    assert pressed.count(True) == 1
    first = page.locator("#timesformer-film .lab .info").inner_text()
    page.locator("#timesformer-strip [aria-pressed=true]").focus()
    other = page.locator("#timesformer-strip [data-do=look]").nth(0 if pressed[-1] else -1)
    key, steps = ("ArrowLeft", pressed.index(True)) if pressed[-1] else ("ArrowRight", 99)
    for _ in range(min(steps, len(pressed) - 1)):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "was => document.querySelector('#timesformer-film .lab .info').innerText !== was",
        arg=first,
    )
    assert other.get_attribute("aria-pressed") == "true"
    assert page.locator("#timesformer-strip [aria-pressed=true]").count() == 1
    name = other.locator("span[aria-hidden] .en").inner_text()
    assert f"In this window: {name}" in page.locator("#timesformer-film").inner_text()

    page.get_by_text("中文", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    assert said(page).startswith("向左摇，再")
    assert "这个窗口里" in page.locator("#timesformer-film").inner_text()
    assert "分离" in page.locator("#timesformer-scheme").inner_text()


def test_our_upload_button_takes_the_place_of_the_clip_that_is_there(video, clips):
    page = video()
    for moves in (["pan_left"], ["pan_right"]):
        with page.expect_file_chooser() as chooser:
            page.click("#timesformer-tools [data-tool=upload]")
        chooser.value.set_files(str(clips(*moves)))
        page.locator("#timesformer-head .answer").get_by_text(
            moves[0].replace("pan", "pans").replace("_", " ")
        ).wait_for()
    answered(page)
    page.locator("#timesformer-clip button[aria-label=Clear]").click()
    page.locator("#timesformer-head").get_by_text("Choose a clip").wait_for()
    assert not page.locator("#timesformer-film").is_visible()


def test_another_scheme_answers_at_once(video, clips):
    page = video()
    upload(page, clips("pan_right"))
    page.locator("#timesformer-scheme label").nth(2).click()
    page.locator("#timesformer-foot").get_by_text("Space only").wait_for()
    page.locator("#timesformer-time").get_by_text("Space only: each frame sees").last.wait_for()


def test_what_the_browser_cannot_play_is_answered_and_shown_as_a_strip(video, tmp_path):
    path = tmp_path / "old.avi"
    frames = studio.shoot(scenery("village"), ["pan_right"])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=studio.RATE)
        stream.width, stream.height = studio.WIDTH, studio.HEIGHT
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode(None))
    page = video()
    upload(page, path)
    assert "pans right" in said(page)
    page.get_by_text("This browser cannot play the file.").wait_for()
    assert page.get_by_text("Video not playable").count() == 0


def test_a_file_that_is_no_video_is_said_to_be_none(video, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"not a video at all")
    page = video()
    page.locator("#timesformer-clip input[type=file]").set_input_files(str(path))
    page.locator("#timesformer-head .notice.bad").get_by_text("This is not a video").wait_for()
    assert not page.locator("#timesformer-film").is_visible()
    page.locator("#timesformer-examples button").first.click()
    answered(page)


def test_a_clip_is_recorded(video):
    page = video()
    page.click("#timesformer-tools [data-tool=record]")
    page.locator("#timesformer-clip [aria-label='start recording']").click()
    page.wait_for_timeout(2500)
    page.locator("#timesformer-clip button:has([title='stop recording'])").click()
    answered(page)
    assert "whole clip" in page.locator("#timesformer-head .eyebrow").inner_text()


def test_a_refused_camera_is_said_in_our_words(video):
    page = video()
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => "
        "{ throw new DOMException('', 'NotAllowedError'); }; }"
    )
    page.click("#timesformer-tools [data-tool=record]")
    page.get_by_text("The browser does not let this page use a camera.").wait_for()


def test_a_clip_is_made_of_moves_in_a_chain(video):
    page = video()
    page.click("#timesformer-tools [data-tool=make]")
    assert not page.locator("#timesformer-tools").is_visible()
    page.check("input[name=timesformer-scene][value=harbour]", force=True)
    for move in ("zoom_in", "pan_right", "tilt_down", "shake"):
        page.click(f"#timesformer-make [data-move={move}]", force=True)
    chain = page.locator("#timesformer-make .tf-chain button")
    assert chain.count() == 3  # the fourth is one too many
    chain.first.click()
    assert chain.count() == 2
    page.click("#timesformer-make [data-do=film]")
    answered(page)
    assert page.locator("#timesformer-tools").is_visible()
    name = page.locator("#timesformer-clip video").get_attribute("src").rsplit("/", 1)[-1]
    assert name == "clip.harbour.pan_right-tilt_down.mp4"
    assert "pans right" in said(page)


def test_a_clip_is_made_over_a_picture_of_ones_own(video, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    image = Image.fromarray(pixels).resize((640, 480), Image.Resampling.BICUBIC)
    image.save(tmp_path / "own.png")
    page = video()
    page.click("#timesformer-tools [data-tool=make]")
    page.locator("#timesformer-own input[type=file]").set_input_files(str(tmp_path / "own.png"))
    page.wait_for_selector("#timesformer-own .image-frame img")
    page.click("#timesformer-make [data-do=film]")
    page.get_by_text("There is no move to film").wait_for()
    page.click("#timesformer-make [data-move=tilt_up]")
    page.click("#timesformer-make [data-do=film]")
    answered(page)
    assert "tilts up" in said(page)
    assert page.locator("#timesformer-tools a[download]").is_visible()


def test_a_clip_that_was_made_here_can_be_kept_by_keyboard_and_another_cannot(video, clips):
    page = video()
    link = page.locator("#timesformer-tools a[download]")
    upload(page, clips("pan_left"))
    assert link.count() == 0  # it is the visitor's already
    page.click("#timesformer-tools [data-tool=make]")
    page.click("#timesformer-make [data-move=tilt_up]")
    page.click("#timesformer-make [data-do=film]")
    link.wait_for()
    answered(page)
    assert link.inner_text() == "Download this clip"
    page.locator("#timesformer-tools [data-tool=make]").focus()
    page.keyboard.press("Tab")
    with page.expect_download() as kept:
        page.keyboard.press("Enter")
    assert kept.value.suggested_filename == "clip.village.tilt_up.mp4"
    assert open_video(kept.value.path()).seconds == pytest.approx(2, abs=0.1)
    page.get_by_text("中文", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    assert link.inner_text() == "下载这段视频"
    assert page.evaluate(SIDEWAYS) <= 0
    page.locator("#timesformer-clip button[aria-label=Clear]").click()
    link.wait_for(state="detached")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_no_barrier_and_no_sideways_scroll(video, width, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = video(width=width, theme=theme)
    assert page.evaluate(SIDEWAYS) <= 0
    found = [axe.run(page)]
    page.click("#timesformer-tools [data-tool=make]")
    page.click("#timesformer-make [data-move=roll_counterclockwise]")
    assert page.evaluate(SIDEWAYS) <= 0
    found.append(axe.run(page))
    page.click("#timesformer-make [data-do=close]")
    page.locator("#timesformer-examples button").nth(2).click()
    answered(page)
    page.wait_for_timeout(400)
    assert page.evaluate(SIDEWAYS) <= 0
    found.append(axe.run(page))
    assert [report.generate_report() for report in found if report.violations_count] == []
