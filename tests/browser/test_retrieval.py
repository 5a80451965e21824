"""Search, add, find again, delete, train and understand retrieval in a real browser."""

import re

import pytest
from gradio.media import get_image
from PIL import Image

from mm_demo.cases.retrieval import RETRIEVAL
from mm_demo.data.scenes import compose, draw
from tests.browser.conftest import served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not RETRIEVAL.checkpoint("scenes").is_dir(), reason="no model for drawn scenes is bundled"
    ),
]

photographs = pytest.mark.skipif(
    not RETRIEVAL.checkpoint("photos").is_dir(), reason="no model for photographs is bundled"
)

SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
KNOBS = "&dataset=scenes&preset=quick&steps=12&batch_size=16&pictures=64&width=8&evaluations=3"
FOUND = 120_000  # milliseconds: the first search builds the gallery


@pytest.fixture(scope="module")
def own_url(tmp_path_factory):
    """The real app with a gallery of its own."""
    gallery = tmp_path_factory.mktemp("gallery")
    yield from served(["app.py"], tmp_path_factory, MM_DEMO_GALLERY=str(gallery), MM_DEMO_DATA="")


@pytest.fixture
def retrieval(open_page, own_url):
    """A function: retrieval(panel="try", query="", lang="en", **options) -> the page there."""

    def opened(panel="try", query="", lang="en", **options):
        return open_page(f"{own_url}?case=retrieval&panel={panel}&lang={lang}{query}", **options)

    return opened


@pytest.fixture
def fish(tmp_path):
    """A picture that the gallery has not."""
    things = [("fish", "purple", "small", place) for place in ("left", "centre", "right")]
    Image.fromarray(draw(compose(things, "desert"), 200)).save(tmp_path / "fish.png")
    return str(tmp_path / "fish.png")


def search(page, text, without=""):
    page.locator("#retrieval-text :is(textarea, input)").fill(text)
    page.locator("#retrieval-without :is(textarea, input)").fill(without)
    page.locator("#retrieval-search").click()


def hits(page):
    page.locator("#retrieval-hits .hit").first.wait_for(timeout=FOUND)
    return page.locator("#retrieval-hits .hit")


def looked_at(page):
    page.locator("#retrieval-facts [data-do=like]").wait_for(timeout=FOUND)


def upload(page, button, file):
    with page.expect_file_chooser() as chooser:
        page.locator(f"#{button}").click()
    chooser.value.set_files(file)


def test_words_find_pictures_and_a_press_tells_by_what(retrieval):
    page = retrieval()
    page.get_by_text("Say which picture you mean").wait_for()
    search(page, "a red boat at night dinghy", "house")
    assert hits(page).count() == 8
    page.get_by_text("does not know “dinghy”").wait_for()
    looked_at(page)
    words = page.locator("#retrieval-facts .rt-words td.l")
    assert words.all_inner_texts() == ["red", "boat", "night", "− house"]
    hits(page).nth(3).click()
    assert hits(page).nth(3).get_attribute("aria-pressed") == "true"
    assert hits(page).nth(0).get_attribute("aria-pressed") == "false"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert hits(page).nth(2).get_attribute("aria-pressed") == "true"


def test_more_results_and_a_mistake_that_loses_nothing(retrieval):
    page = retrieval()
    search(page, "snow")
    hits(page)
    page.locator("#retrieval-k").get_by_text("16", exact=True).click()
    page.wait_for_function("document.querySelectorAll('#retrieval-hits .hit').length === 16")
    search(page, "-snow")
    page.get_by_text("Only what you do not want is said.").wait_for()
    assert page.locator("#retrieval-text :is(textarea, input)").input_value() == "-snow"
    assert page.locator("#retrieval-hits .hit").count() == 0


def test_more_like_this_and_words_with_it(retrieval):
    page = retrieval()
    page.locator("#retrieval-examples [data-do=example]:visible").first.click()
    hits(page)
    looked_at(page)
    page.locator("#retrieval-facts [data-do=like]").click()
    page.locator("#retrieval-sentences tbody tr").nth(4).wait_for(timeout=FOUND)
    assert page.locator("#retrieval-picked img").is_visible()
    before = page.locator("#retrieval-hits .hit").first.get_attribute("data-id")
    search(page, "in the snow")
    page.wait_for_function(
        "id => { const hit = document.querySelector('#retrieval-hits .hit'); "
        "return hit && hit.dataset.id !== id; }",
        arg=before,
    )
    page.locator("#retrieval-picked [data-do=unpick]").click()
    page.locator("#retrieval-picked img").wait_for(state="detached")


def test_an_own_picture_is_added_found_exported_and_deleted(retrieval, fish):
    page = retrieval()
    upload(page, "retrieval-own-files", fish)
    page.get_by_text("Added: 1.").wait_for(timeout=FOUND)
    page = retrieval()
    page.get_by_text("1 of your own").wait_for(timeout=FOUND)
    upload(page, "retrieval-picture", fish)
    hits(page)
    assert "mine" in page.locator("#retrieval-hits .hit").first.inner_text()
    assert page.locator("#retrieval-hits .hit .v").first.inner_text().startswith("1.00")
    with page.expect_download() as export:
        page.locator("#retrieval-own-shots [data-do=download]").click()
    assert export.value.suggested_filename == "gallery.zip"
    page.locator("#retrieval-own-shots [data-do=remove]").click()
    page.get_by_text("None yet.").wait_for()
    page.wait_for_function("!document.querySelector('#retrieval-hits').innerText.includes('mine')")


@pytest.fixture
def lion(tmp_path):
    """A part of a photograph that the gallery has."""
    image = Image.open(get_image("lion.jpg")).convert("RGB")
    width, height = image.size
    image.crop((width // 10, 0, width, 9 * height // 10)).save(tmp_path / "lion.jpg")
    return str(tmp_path / "lion.jpg")


@photographs
def test_a_photograph_is_found_by_one_like_it_and_bent_by_words(retrieval, lion):
    page = retrieval()
    page.locator("#retrieval-model").get_by_text("Photographs").click()
    page.get_by_text("this model reads English only").wait_for()
    upload(page, "retrieval-picture", lion)
    assert "lion" in hits(page).first.inner_text()
    page.locator("#retrieval-sentences tbody tr").nth(4).wait_for(timeout=FOUND)
    assert "lion" in page.locator("#retrieval-sentences tbody tr").first.inner_text()
    looked_at(page)
    search(page, "a flower")
    page.wait_for_function(
        "[...document.querySelectorAll('#retrieval-hits .hit')].slice(0, 3)"
        ".some((hit) => hit.innerText.includes('flower'))"
    )
    assert page.locator("#retrieval-picked img").is_visible()


@photographs
@pytest.mark.parametrize(
    ("lang", "title", "unknown"),
    [
        ("en", "model reads English only", "does not know “夜晚”"),
        ("zh", "照片模型只懂英文", "模型不认识“夜晚”"),
    ],
)
def test_a_chinese_query_to_the_photographs_model_is_told_why_not(retrieval, lang, title, unknown):
    page = retrieval(lang=lang)
    page.locator("#retrieval-model label").nth(1).click()
    page.locator("#retrieval-examples .sub13").nth(1).wait_for()
    search(page, "夜晚的塔")
    page.locator("#retrieval-head .notice.bad").get_by_text(title).wait_for(timeout=FOUND)
    assert page.locator("#retrieval-text :is(textarea, input)").input_value() == "夜晚的塔"
    search(page, "tower 夜晚")
    page.locator("#retrieval-head .notice.warn").get_by_text(unknown).wait_for(timeout=FOUND)
    assert "Tower" in hits(page).first.inner_text()
    looked_at(page)
    assert page.locator("#retrieval-facts .rt-words td.l").all_inner_texts() == ["tower"]


def test_a_link_asks_again(retrieval):
    page = retrieval(query="&text=red+boat&without=house")
    hits(page)
    assert page.locator("#retrieval-without :is(textarea, input)").input_value() == "house"
    page.locator("#retrieval-hits [data-link]").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "text=red+boat" in copied
    assert "without=house" in copied


def test_a_training_moves_the_map_and_its_model_searches(retrieval):
    page = retrieval("train", KNOBS)
    page.locator("#retrieval-start").click()
    page.locator(".rt-map circle").nth(39).wait_for(timeout=FOUND)
    places = "[...document.querySelectorAll('.rt-map circle')].map(c => c.style.transform).join()"
    first = page.evaluate(places)
    page.locator("#retrieval-status [data-do=use]").wait_for(timeout=FOUND)
    assert page.evaluate(places) != first
    page.locator(".rt-map circle").nth(4).dispatch_event("pointerover", {"bubbles": True})
    assert page.locator(".rt-look img").is_visible()
    page.get_by_role("tab", name="Understand").last.click()
    assert page.get_by_text("From your last run, held-out pairs.").is_visible()
    page.get_by_role("tab", name="Train live").last.click()
    page.locator("#retrieval-status [data-do=use]").click()
    page.locator("#retrieval-model").get_by_text("run-1").wait_for()
    search(page, "a green tree")
    assert hits(page).count() == 8


def test_the_triplet_is_dragged_by_pointer_and_keys(retrieval):
    page = retrieval("understand")
    loss = page.locator("#retrieval-understand [data-n=loss]")
    kind = page.locator("#retrieval-understand [data-n=kind]")
    assert loss.inner_text() == "0.11"
    assert "Semi-hard" in kind.inner_text()
    other = page.get_by_role("slider", name=re.compile("another"))
    other.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    assert "Hard" in kind.inner_text()
    before = float(loss.inner_text())
    page.get_by_text("One step of learning").click()
    assert float(loss.inner_text()) < before
    box = other.locator("path").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 20, box["y"] + 260, steps=6)
    page.mouse.up()
    assert "Easy" in kind.inner_text()
    assert loss.inner_text() == "0.00"
    page.locator(".rt-case").first.wait_for(timeout=FOUND)
    verdicts = page.locator(".rt-verdict")
    hard = verdicts.first.inner_text()
    page.locator("#retrieval-margin").fill("0.9")
    assert verdicts.first.inner_text() != hard


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_in_chinese_nothing_is_cut_off_and_there_are_no_barriers(retrieval, barriers, width, theme):
    page = retrieval(lang="zh", width=width, theme=theme)
    page.locator("#retrieval-examples [data-do=example]:visible").first.click()
    hits(page)
    looked_at(page)
    assert page.get_by_text("点一张图，看它为什么被找到。").is_visible()
    assert page.evaluate(SIDEWAYS) <= 0
    assert barriers(page) == ""
    page = retrieval("train", lang="zh", width=width, theme=theme)
    assert page.evaluate(SIDEWAYS) <= 0
    assert barriers(page) == ""
    page = retrieval("understand", lang="zh", width=width, theme=theme)
    page.locator(".rt-case").first.wait_for(timeout=FOUND)
    assert page.evaluate(SIDEWAYS) <= 0
    assert barriers(page) == ""
