"""The report in a real browser: it opens alone, fits every screen, follows the scheme, prints.

Chromium runs headless and offline; without one on the path these tests are skipped.
"""

from __future__ import annotations

import chromium
import pytest
from report_runs import comparison, told_otherwise

from pathways.figures import FIGURES
from pathways.report import write_report

pytestmark = pytest.mark.skipif(chromium.find() is None, reason="no Chromium on the path")

SCREENS = {"phone": (400, 800), "tablet": (800, 1000), "desktop": (1400, 900)}
HOSTILE = "<script>document.title='taken'</script><img src='http://example.org/x.png'>"
DARK, LIGHT = "rgb(20, 23, 27)", "rgb(255, 255, 255)"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    drawn = {"cost_and_qaly": folder / "drawn.svg", "lifetime_dose": folder / "painted.png"}
    for name, path in drawn.items():
        FIGURES[name](comparison()).savefig(path)
    titles = {**comparison().titles, "dose-ladder": HOSTILE}
    told = told_otherwise(comparison(), titles=titles)
    return write_report(told, folder / "report.html", drawn)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium.Chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def requests(browser) -> list[str]:
    told = (one for one in browser.told if one.get("method") == "Network.requestWillBeSent")
    return [one["params"]["request"]["url"] for one in told]


def complaints(browser) -> list[str]:
    told = (one for one in browser.told if one.get("method") == "Log.entryAdded")
    return [one["params"]["entry"]["text"] for one in told]


@pytest.mark.parametrize("screen", SCREENS)
def test_page_is_no_wider_than_the_screen(browser, report, screen):
    width, height = SCREENS[screen]
    browser.open(report, width=width, height=height)
    assert browser.value("document.documentElement.scrollWidth") == width


def test_nothing_is_asked_for_and_nothing_is_complained_about(browser, report):
    browser.open(report, width=1400, height=900)
    assert [url for url in requests(browser) if not url.startswith("data:image/")] == [
        report.as_uri()
    ]
    assert complaints(browser) == []


def test_hostile_title_is_shown_and_does_nothing(browser, report):
    browser.open(report, width=1400, height=900)
    assert browser.value("document.title").startswith("3 policies compared")
    assert browser.value("document.scripts.length") == 0
    shown = browser.value("document.querySelector('dl.policies').innerText")
    assert HOSTILE in shown


def test_browser_would_refuse_what_is_foreign(browser, tmp_path, report):
    foreign = "<script>document.title = 'taken'</script><img src='http://example.invalid/x.png'>"
    broken = tmp_path / "broken.html"
    broken.write_text(report.read_text("utf-8").replace("<footer>", f"{foreign}<footer>"), "utf-8")
    browser.open(broken, width=1400, height=900)
    assert browser.value("document.title").startswith("3 policies compared")
    assert len([one for one in complaints(browser) if "Content Security Policy" in one]) == 2


def test_figures_are_drawn(browser, report):
    browser.open(report, width=1400, height=900)
    widths = browser.value("[...document.images].map(one => one.naturalWidth)")
    assert len(widths) == 2 and all(width > 300 for width in widths)


@pytest.mark.parametrize(("scheme", "ground"), [("light", LIGHT), ("dark", DARK)])
def test_colours_follow_the_scheme(browser, report, scheme, ground):
    browser.open(report, width=1400, height=900, scheme=scheme)
    assert browser.value("getComputedStyle(document.body).backgroundColor") == ground


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_answer_and_figure_begin_on_the_first_screen(browser, report, screen):
    width, height = SCREENS[screen]
    browser.open(report, width=width, height=height)
    tops = browser.value(
        "['.answer', '.first img'].map("
        "one => document.querySelector(one).getBoundingClientRect().top)"
    )
    assert all(0 <= top < height for top in tops)


def test_wide_tables_scroll_within_themselves_and_keep_their_first_column(browser, report):
    browser.open(report, width=400, height=800)
    browser.value("document.querySelector('#main').parentElement.scrollLeft = 40")
    left = "document.querySelector('#main tbody th[scope=row]').getBoundingClientRect().left"
    assert browser.value("document.querySelector('#main').parentElement.scrollLeft") == 40
    assert browser.value(left) >= 0


def test_page_prints(browser, report):
    browser.open(report, width=1400, height=900)
    printed = browser.printed()
    assert printed.startswith(b"%PDF-")
    # Landscape A4, as the style asks for.
    assert b"/MediaBox [0 0 841" in printed
