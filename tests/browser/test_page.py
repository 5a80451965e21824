"""The shell in a real browser: languages, theme, links, a run from Start to Use, the phone."""

import pytest

from mm_demo.cases.clip import CLIP

pytestmark = pytest.mark.browser

SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"


def start_and_finish(page):
    page.click("#clip-start")
    page.wait_for_selector("#clip-status .btn.p", timeout=30_000)


def test_the_language_switches_at_once_everywhere_and_is_remembered(open_page, shell_url):
    page = open_page(shell_url)
    assert page.locator("h1").first.inner_text().startswith("See it answer.")
    page.get_by_text("中文", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    assert page.locator("h1").first.inner_text().startswith("看它回答")
    page.get_by_role("tab", name="图文匹配").click()
    page.get_by_role("tab", name="现场训练").click()
    assert page.locator("#clip-start").inner_text() == "开始"
    page.reload()
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    page.get_by_role("tab", name="首页").wait_for()


def test_results_on_the_page_switch_too(open_page, shell_url):
    page = open_page(shell_url + "?case=clip&panel=train&steps=40")
    start_and_finish(page)
    assert "Done in" in page.locator("#clip-status .shown").inner_text()
    page.get_by_text("中文", exact=True).click()
    assert "完成" in page.locator("#clip-status .shown").inner_text()


@pytest.mark.parametrize(("locale", "lang"), [("zh-CN", "zh-CN"), ("zh-TW", "zh-CN"), ("de", "en")])
def test_the_browser_chooses_the_first_language(open_page, shell_url, locale, lang):
    page = open_page(shell_url, locale=locale)
    assert page.evaluate("document.documentElement.lang") == lang


def test_the_theme_follows_the_system_the_address_and_the_button(open_page, shell_url):
    dark = "document.body.classList.contains('dark')"
    assert open_page(shell_url, theme="dark").evaluate(dark)
    assert open_page(shell_url + "?__theme=dark").evaluate(dark)
    page = open_page(shell_url)
    assert not page.evaluate(dark)
    page.click("#theme")
    assert page.evaluate(dark)
    page.reload()
    page.wait_for_function(dark)


def test_a_link_sets_the_controls_and_names_what_it_left_out(open_page, shell_url):
    page = open_page(
        shell_url + "?case=clip&panel=train&seed=3&batch_size=64&temperature=7&lang=en"
    )
    page.wait_for_selector("#clip-note .notice.warn")
    assert "temperature=7" in page.locator("#clip-note").inner_text()
    assert page.locator("#clip-knob-batch_size input[type=number]").input_value() == "64"
    assert page.locator("#clip-knob-seed input").input_value() == "3"
    page.click("#clip-link")
    page.wait_for_selector("#clip-link.copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "case=clip" in copied
    assert "batch_size=64" in copied
    assert "panel=train" in copied
    assert "seed=3" in copied
    assert "learning_rate" not in copied


def test_a_preset_sets_the_knobs(open_page, shell_url):
    page = open_page(shell_url + "?case=clip&panel=train")
    steps = page.locator("#clip-knob-steps input[type=number]")
    quick, full = (CLIP.preset(name, "scenes").steps for name in ("quick", "full"))
    assert steps.input_value() == str(quick)
    page.locator("#clip-preset label").nth(1).click()
    page.wait_for_function(
        f"document.querySelector('#clip-knob-steps input[type=number]').value === '{full}'"
    )


def test_train_stop_continue_use_download(open_page, shell_url):
    page = open_page(shell_url + "?case=clip&panel=train&steps=1200")
    page.click("#clip-start")
    page.wait_for_selector("#clip-stop", state="visible")
    page.wait_for_function("document.querySelector('#clip-loss .v').textContent !== ''")
    page.click("#clip-stop")
    page.wait_for_selector("#clip-status .notice.stop")
    page.get_by_role("button", name="Continue", exact=True).click()
    page.wait_for_selector("#clip-status .btn.p", timeout=30_000)
    page.wait_for_function("document.querySelector('#clip-status').innerText.includes('Done in')")
    with page.expect_download() as download:
        page.locator("#clip-status").get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "clip-run-1.zip"
    page.get_by_role("button", name="Use this model").click()
    page.wait_for_selector("#which", state="visible")
    page.click("#which")
    page.wait_for_function(
        "document.querySelector('#shown textarea, #shown input').value.endsWith('clip-run-1')"
    )
    page.get_by_text("中文", exact=True).click()  # the visitor's model stays chosen
    page.wait_for_timeout(400)
    assert page.locator("#clip-model input:checked").input_value() == "run-1"


def test_the_second_visitor_waits_and_may_leave(open_page, shell_url):
    first = open_page(shell_url + "?case=clip&panel=train&steps=3000&lang=en")
    second = open_page(shell_url + "?case=clip&panel=train&steps=40&lang=en")
    first.click("#clip-start")
    first.wait_for_selector("#clip-stop", state="visible")
    second.click("#clip-start")
    second.wait_for_selector("#clip-status .notice.wait")
    assert "1 training comes before yours" in second.locator("#clip-status").inner_text()
    second.click("#clip-leave")
    second.wait_for_function(
        "document.querySelector('#clip-status').innerText.includes('You left the queue')"
    )
    second.click("#clip-start")
    second.wait_for_selector("#clip-status .notice.wait")
    first.close()  # a closed page ends its run
    second.wait_for_selector("#clip-status .btn.p", timeout=30_000)
    assert "run 1" not in second.locator("#clip-loss").inner_text()  # nothing of the other's


def test_an_illegal_knob_is_an_error_card_and_a_diagnosis_is_shown(open_page, shell_url):
    page = open_page(shell_url + "?case=clip&panel=train&steps=200&learning_rate=0.05&lang=en")
    page.get_by_role("button", name="More knobs").click()
    page.locator("#clip-knob-warmup input").fill("7")
    page.click("#clip-start")
    page.wait_for_selector("#clip-note [role=alert]")
    assert "Warm-up share cannot be 7" in page.locator("#clip-note").inner_text()
    page.locator("#clip-knob-warmup input").fill("0.1")
    page.click("#clip-start")
    page.wait_for_selector("#clip-note .notice.warn", timeout=20_000)
    page.wait_for_selector("#clip-status .btn.p", timeout=30_000)


def test_a_number_beyond_the_slider_is_said_not_moved_to_its_end(open_page, shell_url):
    page = open_page(shell_url + "?case=clip&panel=train&lang=en")
    steps = page.locator("#clip-knob-steps input[type=number]")
    for typed, said in (("0", "Steps cannot be 0"), ("", "Steps has no value")):
        steps.fill(typed)
        steps.press("Tab")
        page.click("#clip-start")
        page.wait_for_function(
            "(said) => document.querySelector('#clip-note').innerText.includes(said)", arg=said
        )
        assert steps.input_value() == typed


def test_the_command_follows_the_settings_and_nothing_jumps_at_start(open_page, shell_url):
    page = open_page(shell_url + "?case=clip&panel=train&lang=en&steps=2000")
    says = "(part) => document.body.innerText.includes(part)"
    page.wait_for_function(says, arg="steps=2000")
    page.locator("#clip-preset label").nth(1).click()
    page.wait_for_function(says, arg="--preset full")
    page.wait_for_function(says, arg="about 20 min")
    page.locator("#clip-knob-seed input").fill("7")
    page.wait_for_function(says, arg="--seed 7")
    tops = "['loss', 'held'].map((n) => document.querySelector(`#clip-${n} .plot`).getBoundingClientRect().y)"
    before = page.evaluate(tops)
    page.click("#clip-start")
    page.wait_for_function("document.querySelector('#clip-loss .v').textContent !== ''")
    assert page.evaluate(tops) == before
    page.click("#clip-stop")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [360, 390, 900, 1280])
def test_no_sideways_scroll(open_page, shell_url, lang, width):
    page = open_page(shell_url + f"?lang={lang}", width=width)
    assert page.evaluate(SIDEWAYS) <= 0
    page = open_page(shell_url + f"?lang={lang}&case=clip&panel=train&steps=40", width=width)
    start_and_finish(page)
    assert page.evaluate(SIDEWAYS) <= 0


def test_an_english_link_shows_english_in_a_chinese_browser(open_page, shell_url):
    page = open_page(shell_url + "?lang=en", locale="zh-CN")
    assert page.locator("h1").first.inner_text().startswith("See it answer.")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault(open_page, shell_url, barriers, theme):
    page = open_page(shell_url + "?lang=en", theme=theme)
    assert barriers(page) == ""
    page = open_page(shell_url + "?lang=en&case=clip&panel=train&steps=40", theme=theme)
    assert barriers(page) == ""
    start_and_finish(page)
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    assert barriers(page) == ""
