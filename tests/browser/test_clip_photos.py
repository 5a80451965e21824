"""Try CLIP on photographs, and one's own in Train, in a real browser."""

import io
import os
import zipfile

import pytest
from PIL import Image

from mm_demo.cases.clip import CLIP

pytestmark = pytest.mark.browser
needs_photos = pytest.mark.skipif(
    not CLIP.checkpoint("photos").is_dir(), reason="checkpoints/clip-photos is not there"
)
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def clip(open_page, page_url):
    """A function: clip(query="", **options) -> the page with CLIP's tab open."""

    def opened(query="&panel=try&lang=en", **options):
        page = open_page(f"{page_url}?case=clip{query}", **options)
        page.wait_for_selector("#clip-match, #clip-start", state="visible")
        return page

    return opened


def example(page, index):
    page.evaluate("mm.answer = null")
    page.locator(f"#clip-thumbs [data-index='{index}']").click()
    page.wait_for_function("!!mm.answer")


def by(page):
    return page.locator("#clip-head .by").inner_text()


def choose(page, model):
    page.locator(f"#clip-model input[value='{model}']").locator("xpath=..").click()


@needs_photos
def test_a_photograph_is_answered_with_its_evidence_and_its_terms(clip):
    page = clip()
    page.locator("#clip-head button:visible").click()
    page.wait_for_selector("#clip-rows table.rank")
    assert "a cheetah" in page.locator("#clip-head .answer").inner_text()
    assert by(page) == "looks like a photograph · photographs model"
    assert "research and education" in page.locator("#clip-foot").inner_text()
    page.wait_for_selector("#clip-thumbs [data-index='cheetah1.jpg'][aria-pressed=true]")
    page.wait_for_function("document.querySelector('#clip-evidence canvas').width >= 256")
    look = "document.querySelector('#clip-evidence canvas').toDataURL()"
    before = page.evaluate(look)
    second = page.locator("#clip-rows [data-index='1']")
    label = second.locator("> span").inner_text()
    second.click()
    page.wait_for_function(
        "(l) => document.querySelector('#clip-evidence .hint').innerText.includes(l)", arg=label
    )
    page.wait_for_function(f"(was) => {look} !== was", arg=before)
    assert page.locator("#clip-matrix tbody tr").count() == 5


@needs_photos
def test_the_model_follows_the_picture_until_it_is_chosen_by_hand(clip):
    page = clip()
    example(page, "0")
    assert by(page) == "looks like a drawn scene · scenes model"
    example(page, "lion.jpg")
    assert "photographs model" in by(page)
    choose(page, "scenes")
    page.get_by_text("answered by the scenes model").wait_for()
    page.get_by_text("This is unlike the drawn scenes that the model knows").wait_for()
    assert "research" not in page.locator("#clip-foot").inner_text()
    choose(page, "auto")
    page.get_by_text("looks like a photograph · photographs model").wait_for()


@needs_photos
def test_several_files_join_the_matrix(clip, tmp_path):
    page = clip()
    example(page, "tower.jpg")
    rows = page.locator("#clip-matrix tbody tr")
    page.wait_for_function("document.querySelectorAll('#clip-matrix tbody tr').length === 5")
    files = []
    for number in range(4):
        files.append(str(tmp_path / f"mine{number}.png"))
        Image.new("RGB", (80, 60), (60 * number, 90, 120)).save(files[-1])
    with page.expect_file_chooser() as chooser:
        page.click("#clip-matrix-files")
    chooser.value.set_files(files)
    page.wait_for_function("document.querySelectorAll('#clip-matrix tbody tr').length === 8")
    assert rows.nth(4).locator(".sr").first.text_content().startswith("your picture 1")
    page.click("#clip-matrix [data-do=reset]")
    page.wait_for_function("document.querySelectorAll('#clip-matrix tbody tr').length === 5")


@needs_photos
def test_the_formulas_numbers_are_those_of_try(clip):
    page = clip()
    example(page, "cheetah1.jpg")
    shares = page.locator("#clip-rows tbody td.n:nth-child(3)").all_inner_texts()
    page.get_by_role("tab", name="Understand").click()
    page.wait_for_selector("#clip-understand [data-right]")
    told = page.locator("#clip-understand [data-share]").all_inner_texts()
    for share, exact in zip(shares, told, strict=True):
        number = float(exact.rstrip("%"))
        assert share in (f"{number:.0f}%", "<1%" if number < 0.5 else ">99%"), (share, exact)
    assert page.locator("#clip-understand .formula [data-n=two]").first.is_visible()
    page.get_by_role("tab", name="Try").click()
    example(page, "0")
    page.get_by_role("tab", name="Understand").click()
    page.wait_for_selector("#clip-understand [data-n=two]", state="hidden")


@needs_photos
@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (390, "light")])
def test_in_chinese_labels_stay_english_with_the_reason_and_nothing_is_cut(
    clip, barriers, width, theme
):
    page = clip("&panel=try&lang=zh", width=width, theme=theme)
    assert "照片模型只读英文" in page.locator("#clip-thumbs").inner_text()
    example(page, "lion.jpg")
    assert page.input_value("#clip-labels textarea").startswith("a lion\n")
    assert by(page) == "看起来像照片 · 照片模型"
    page.fill("#clip-labels textarea", "a lion\n一只狗")
    page.click("#clip-match")
    page.get_by_text("照片模型只读英文，看不懂“一只狗”").wait_for()
    page.wait_for_selector("#clip-matrix table.mm")
    assert page.evaluate(SIDEWAYS) <= 0
    assert not barriers(page)


@pytest.fixture
def album(tmp_path):
    path = tmp_path / "album.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5):
            file = io.BytesIO()
            Image.new("RGB", (40, 30), (50 * number, 90, 120)).save(file, "JPEG")
            archive.writestr(f"{number}.jpg", file.getvalue())
            archive.writestr(f"{number}.txt", f"a plain picture\nnumber {number}")
        archive.writestr("lonely.jpg", file.getvalue())
    return str(path)


@pytest.mark.parametrize("width", [1280, 390])
def test_photographs_of_ones_own_are_gathered_and_removed(clip, barriers, album, width):
    page = clip("&panel=train&dataset=own&lang=en", width=width)
    page.locator("#clip-mine").wait_for()
    with page.expect_file_chooser() as chooser:
        page.click("#clip-mine-files")
    chooser.value.set_files([album])
    page.get_by_text("5 photographs, 10 captions;").wait_for()
    assert "Added 5 photographs" in page.locator("#clip-mine-note").inner_text()
    assert "with no partner" in page.locator("#clip-mine-note").inner_text()
    assert page.locator("#clip-mine-photos img").count() == 5
    assert page.evaluate(SIDEWAYS) <= 0
    assert not barriers(page)
    page.get_by_role("button", name="Remove all").click()
    page.get_by_text("No photographs yet.").wait_for()


@pytest.mark.skipif("MM_DEMO_DATA" in os.environ, reason="the data set is at hand here")
def test_a_data_set_that_is_not_at_hand_is_said_so_at_start(clip):
    page = clip("&panel=train&dataset=photos&steps=77&lang=en")
    page.click("#clip-start")
    page.get_by_text("Set the environment variable MM_DEMO_DATA").wait_for()
    assert page.input_value("#clip-knob-steps input[type=number]") == "77"
    assert page.locator("#clip-start").is_enabled()
