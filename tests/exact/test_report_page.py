"""The report as a page: numbers from the frames, nothing foreign, fit for every reader."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from html_tree import parse
from report_runs import THREE, comparison, told_otherwise

from pathways import simulate
from pathways.comparison import Comparison
from pathways.comparison.frames import rows_of
from pathways.errors import InputError
from pathways.outcomes.cautions import cautions, cautions_of_rules
from pathways.report import render_report, write_report
from pathways.report.page import _unbroken
from pathways.report.pictures import ALTERNATIVES, TITLES

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
)
WORST = """<script>alert("x")</script> & 'quotes' <img src=x onerror=y> {{ 7 * 6 }} </style>"""
NUMBER = re.compile(r"[0-9]")


@pytest.fixture(scope="module")
def page():
    return parse(render_report(comparison(), {}))


@pytest.fixture
def pictures(tmp_path):
    files = {"lifetime_dose": tmp_path / "a.png", "cost_and_qaly": tmp_path / "b.svg"}
    for path, content in zip(files.values(), (PNG, SVG), strict=True):
        path.write_bytes(content)
    return files


def exact_values(compared) -> dict[tuple[str, str], float]:
    """Return every number of the frames by where it stands and what it is."""
    found = {}
    for row in rows_of(compared.headline):
        where = f"headline {row['policy']} {row['block']} {row['measure']}"
        found |= {(where, kind): row[kind] for kind in ("value", "low", "high")}
    for row in rows_of(compared.differences):
        where = f"differences {row['policy']} {row['reference']} {row['measure']}"
        found |= {(where, kind): row[kind] for kind in ("low", "high")}
        found[where, "value"] = row["difference"]
        found[where, "needed"] = row["independent_patients"]
    return found


def is_share(where: str) -> bool:
    return where.split()[-1].startswith(("share_", "false_positive_rate"))


def read(text: str) -> tuple[float, float]:
    """Return a number as a reader reads it, and half a unit of its last digit."""
    words = {"": 1.0, "million": 1e6, "billion": 1e9, "trillion": 1e12}
    figures, _, word = text.replace("\N{MINUS SIGN}", "-").replace(",", "").partition(" ")
    digits = len(figures.partition(".")[2])
    return float(figures) * words[word], 0.5 * 10.0**-digits * words[word]


@pytest.mark.parametrize(
    "options", [{}, {"prices": "uk-2023-gbp"}, {"events": True}], ids=["plain", "prices", "events"]
)
def test_every_number_is_that_of_its_frame(options):
    compared = comparison(**options)
    values, seen = exact_values(compared), set()
    for one in parse(render_report(compared, {})).all("data"):
        cell = next(up for up in (one.parent, one.parent.parent) if up.tag == "td")
        where, kind = cell["data-from"], one["class"]
        exact = values[where, kind]
        assert float(one["value"]) == exact
        shown, half = read(one.text.replace("\N{NO-BREAK SPACE}%", ""))
        scaled = 100.0 * exact if is_share(where) and kind != "needed" else exact
        # Large counts are in three figures whatever their size.
        assert abs(shown - scaled) <= max(half * 1.0001, 0.006 * scaled * (kind == "needed"))
        seen.add((where, kind))
    assert len(seen) > 700


def test_results_hold_no_number_that_is_not_of_a_frame(page):
    tables = [one for one in page.all("table") if one.all("data")]
    assert len(tables) == 11
    for cell in (cell for table in tables for cell in table.all("td")):
        foreign = cell.text
        for one in cell.all("data"):
            foreign = foreign.replace(one.text, "", 1)
        assert not NUMBER.search(foreign), cell.text


@pytest.mark.parametrize(
    "where",
    [
        "headline dose-ladder all_referrals mean_qaly",
        "headline dose-ladder all_referrals mean_qaly_drug_only",
        "headline dose-ladder all_referrals p99_ketamine_mg",
        "headline dose-ladder per_treated mean_years_on_treatment",
        "headline dose-ladder all_referrals share_responder_trait",
        "headline dose-ladder per_treated share_responder_drug_at_threshold",
        "headline dose-ladder continuations false_positive_rate",
        "headline dose-ladder all_referrals share_exit_non_response",
        "headline dose-ladder all_referrals cystitis_background_per_100_years",
        "headline dose-ladder all_referrals cystitis_excess_per_100_years",
        "headline dose-ladder all_referrals share_dissociation_per_infusion",
        "headline dose-ladder all_referrals median_wait_days",
        "headline dose-ladder all_referrals mean_cost_patient",
        "headline dose-ladder all_referrals mean_cost_infusion",
        "differences dose-ladder conventional-care mean_qaly",
        "differences dose-ladder sham-infusion mean_qaly",
        "differences dose-ladder conventional-care mean_cystitis_excess",
        "differences dose-ladder conventional-care mean_cost_all_payers",
    ],
)
def test_headlines_are_there(page, where):
    assert page.all("td", **{"data-from": where})


def sources(row) -> list[str]:
    return [one.get("data-from") for one in row.all("td")]


def test_cells_stand_in_the_column_of_their_policy(page):
    for table in page.all("table"):
        heads = [one.words.partition(" ")[0] for one in table.one("thead").all("th")[1:]]
        if table.get("id") == "compact" or not table.all("data"):
            continue
        for row in (row for body in table.all("tbody") for row in body.all("tr")):
            told = zip(heads, sources(row), strict=False)
            assert all(where.split()[1] == head for head, where in told if where)


def test_columns_of_the_first_table_hold_what_they_say(page):
    table = page.one("table", id="compact")
    (row,) = (row for row in table.all("tr") if row.all("th")[0].words == "Dose ladder")
    heads = [one.words for one in table.one("thead").all("th")[1:]]
    assert dict(zip(heads, sources(row), strict=True)) == {
        "QALYs, difference from conventional-care": (
            "differences dose-ladder conventional-care mean_qaly"
        ),
        "the same with expectation left out": (
            "differences dose-ladder conventional-care mean_qaly_drug_only"
        ),
        "QALYs, difference from sham-infusion": "differences dose-ladder sham-infusion mean_qaly",
        "QALYs": "headline dose-ladder all_referrals mean_qaly",
        "Lifetime dose, mg": "headline dose-ladder all_referrals mean_ketamine_mg",
        "Cost to the health system, GBP, difference": (
            "differences dose-ladder conventional-care mean_cost_health_system"
        ),
        "Cost to the patient, GBP, difference": (
            "differences dose-ladder conventional-care mean_cost_patient"
        ),
    }


@pytest.mark.parametrize(
    ("table", "words", "measures"),
    [
        ("main", "QALYs, discounted", ["mean_qaly", "mean_qaly"]),
        ("main", "QALYs with expectation left out", ["mean_qaly_drug_only"] * 2),
        ("main", "Lifetime dose, 99th percentile mg", ["p99_ketamine_mg"] * 2),
        ("paired-conventional-care", "QALYs with expectation left out", ["mean_qaly_drug_only"]),
        ("paired-conventional-care", "Both payers, discounted", ["mean_cost_all_payers"]),
        ("paired-sham-infusion", "Pain, mean over the days lived NRS", ["mean_pain"]),
        (
            "response",
            "(b) Drug relief alone once met the rule",
            ["share_responder_drug_at_threshold"] * 2,
        ),
        ("response", "False positive, share of continuations", ["false_positive_rate"]),
        ("exits", "Non-response", ["share_exit_non_response"]),
        (
            "chronic",
            "Cystitis",
            [
                "cystitis_background_per_100_years",
                "cystitis_excess_per_100_years",
                "mean_cystitis_excess",
            ],
        ),
        ("acute", "Dissociation", ["share_dissociation_per_infusion", "mean_dissociation"]),
        ("waits", "Median wait to the first infusion, all referrals days", ["median_wait_days"]),
        ("cost-lines", "Patient, not discounted", ["mean_cost_undiscounted_patient"]),
        ("cost-lines", "Chronic harm", ["mean_cost_chronic_harm"]),
    ],
)
def test_rows_hold_what_they_say(page, table, words, measures):
    rows = [row for row in page.one("table", id=table).all("tr") if row.all("th")[0].words == words]
    found = [{where.split()[-1] for where in sources(row) if where} for row in rows]
    assert found == [{measure} for measure in measures]


def test_first_screen_answers_before_everything_else(page):
    answer = page.one("p", of_class="answer")
    assert answer.text == comparison().answer
    first = page.one("main").all("section")[0]
    assert answer in first.all("p")
    assert first.all("table")[0]["id"] == "compact"
    assert first.one("table").all("tr")[1].all("th")[0].words == comparison().titles[THREE[0]]


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (("lifetime_dose", "cost_and_qaly", "waiting"), "cost_and_qaly"),
        (("waiting", "lifetime_dose"), "lifetime_dose"),
        (("waiting", "exit_reasons"), "waiting"),
    ],
)
def test_first_figure_carries_the_answer(tmp_path, names, first):
    (tmp_path / "drawn.png").write_bytes(PNG)
    page = parse(render_report(comparison(), dict.fromkeys(names, tmp_path / "drawn.png")))
    assert page.one("main").all("section")[0].one("figure")["id"] == f"figure-{first}"
    assert sorted(one["id"] for one in page.all("figure")) == sorted(
        f"figure-{name}" for name in names
    )


def test_figures_are_inside_with_words_for_those_who_do_not_see_them(pictures):
    page = parse(render_report(comparison(), pictures))
    contents = {}
    for figure in page.all("figure"):
        name, image = figure["id"].removeprefix("figure-"), figure.one("img")
        media, _, content = image["src"].partition(";base64,")
        contents[name] = media, base64.b64decode(content)
        assert image["alt"] == ALTERNATIVES[name]
        assert figure.one("figcaption").words.startswith(f"{TITLES[name]}. ")
    assert contents == {
        "lifetime_dose": ("data:image/png", PNG),
        "cost_and_qaly": ("data:image/svg+xml", SVG),
    }


@pytest.mark.parametrize(("more", "media"), [(b"", "svg+xml"), (b" " * 200, "png")])
def test_lighter_of_two_files_of_a_figure_is_taken(tmp_path, more, media):
    (tmp_path / "waiting.png").write_bytes(PNG + b" " * 100)
    drawing = tmp_path / "waiting.svg"
    drawing.write_bytes(SVG + more)
    image = parse(render_report(comparison(), {"waiting": drawing})).one("img")
    assert image["src"].startswith(f"data:image/{media};")


def test_every_figure_has_a_title_and_words():
    from pathways.figures import CAPTIONS, FIGURES

    assert list(TITLES) == list(ALTERNATIVES) == list(FIGURES) == list(CAPTIONS)


def test_unknown_figure_is_refused(pictures):
    with pytest.raises(InputError, match="no figure `lifetime_doses`; did you mean"):
        render_report(comparison(), {"lifetime_doses": pictures["lifetime_dose"]})


def test_figure_of_another_kind_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"`\.pdf` cannot be shown; allowed: \.png"):
        render_report(comparison(), {"waiting": tmp_path / "waiting.pdf"})


def test_figure_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        render_report(comparison(), {"waiting": tmp_path / "waiting.svg"})


def test_page_needs_nothing_beside_it(page, pictures):
    for root in (page, parse(render_report(comparison(), pictures))):
        assert not root.all("script", "link", "iframe", "object", "embed", "base", "form")
        assert all(one["src"].startswith("data:image/") for one in root.all("img"))
        assert all(one["href"].startswith("#") for one in root.all("a"))
        assert not [one for one in root.all() for name in one.attributes if name.startswith("on")]
        assert not [one for one in root.all() if "style" in one.attributes]
        assert not re.search(r"url\(|@import|https?:", root.one("style").text)


def test_browser_is_told_to_refuse_what_is_foreign(page):
    policy = page.one("meta", **{"http-equiv": "Content-Security-Policy"})["content"]
    digest = hashlib.sha256(page.one("style").text.encode()).digest()
    assert policy.startswith("default-src 'none'; img-src data:; ")
    assert f"style-src 'sha256-{base64.b64encode(digest).decode()}';" in policy


def test_words_of_a_scenario_are_shown_and_never_obeyed():
    runs = comparison()
    told = told_otherwise(
        runs,
        titles=dict.fromkeys(THREE, WORST),
        answer=f"{WORST} dose-ladder",
        cautions=[WORST],
        scenario_differences=runs.scenario_differences.map(lambda text: f"{text} {WORST}"),
    )
    scenario = runs.results["dose-ladder"].plan.description["scenario"]
    about = scenario["about"]
    scenario["about"] = WORST
    try:
        page = parse(render_report(told, {}))
    finally:
        scenario["about"] = about
    assert not page.all("script", "img")
    assert page.one("p", of_class="answer").text == f"{WORST} dose-ladder"
    assert WORST in [one.text for one in page.one("section", of_class="cautions").all("li")]
    policies = page.one("dl", of_class="policies")
    assert WORST in [one.text for one in policies.all("dd")]
    assert all(WORST in one.text for one in policies.all("dt"))
    assert page.one("table", id="differing").all("td")[0].text.endswith(WORST)


def test_names_in_the_answer_are_not_broken(page):
    names = page.one("p", of_class="answer").all("span", of_class="name")
    assert {one.text for one in names} == set(THREE)


def test_only_whole_names_are_marked_and_everything_is_escaped():
    marked = _unbroken("a & amp < amp-2, camp amp", ["amp", "amp-2"])
    span = '<span class="name">{}</span>'.format
    assert marked == f"a &amp; {span('amp')} &lt; {span('amp-2')}, camp {span('amp')}"


def test_headings_leave_no_level_out(page):
    levels = [int(one.tag[1]) for one in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(levels, levels[1:], strict=False))


def test_tables_say_what_their_cells_are(page):
    for table in page.all("table"):
        assert table.one("caption").words
        assert {one["scope"] for one in table.one("thead").all("th")} == {"col"}
        columns = len(table.one("thead").all("th"))
        for row in (row for body in table.all("tbody") for row in body.all("tr")):
            (head,) = row.all("th")
            if head["scope"] == "rowgroup":
                assert int(head["colspan"]) == columns and not row.all("td")
            else:
                assert head["scope"] == "row" and len(row.all("td")) == columns - 1
                assert head.words


def test_tables_that_scroll_can_be_reached_and_have_a_name(page):
    captions = {one["id"] for one in page.all("caption")}
    regions = page.all("div", role="region")
    assert len(regions) == len(page.all("table"))
    assert all(one["tabindex"] == "0" and one["aria-labelledby"] in captions for one in regions)


def test_anchors_are_unique_and_found(page):
    anchors = [one["id"] for one in page.all() if "id" in one.attributes]
    assert len(set(anchors)) == len(anchors)
    wanted = {one["href"].removeprefix("#") for one in page.all("a")}
    wanted |= {one["aria-labelledby"] for one in page.all() if "aria-labelledby" in one.attributes}
    assert wanted <= set(anchors)


def test_language_and_size_are_said(page):
    assert page.one("html")["lang"] == "en"
    assert page.one("meta", name="viewport")["content"] == "width=device-width, initial-scale=1"


def test_policies_have_one_colour_everywhere(page):
    from pathways.figures import colours

    style = page.one("style").text
    for number, name in enumerate(THREE):
        assert f".policy-{number} {{ background: {colours(THREE)[name]}; }}" in style
        heads = [one for one in page.all("th") if one.words == name and one.all("span")]
        swatches = {one["class"] for head in heads for one in head.all("span", of_class="swatch")}
        assert swatches == {f"swatch policy-{number}"}


def colours_of(style: str, scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light + dark * (scheme == "dark")))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.1, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255.0 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_right():
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ink", ["text", "quiet", "link"])
@pytest.mark.parametrize("ground", ["page", "panel", "warn-panel"])
def test_text_stands_out(page, scheme, ink, ground):
    found = colours_of(page.one("style").text, scheme)
    assert contrast(found[ink], found[ground]) >= 4.5


def test_cautions_of_every_run_are_told(page):
    told = page.one("section", of_class="cautions").text
    for result in comparison().results.values():
        of_rules = cautions_of_rules(result.plan.description)
        for caution in [one for one in cautions(result.summary_rows) if "nobody" not in one]:
            assert caution in told
        assert all(caution in told for caution in of_rules)
    assert "only 60 patients" in told


@pytest.mark.parametrize(
    "words",
    [
        "prevention of chronic postoperative pain",
        "psychiatric indications",
        "intranasal esketamine",
        "structural brain change",
        "transfers between clinics",
        "infusions bought elsewhere",
    ],
)
def test_what_is_not_modelled_is_said(page, words):
    limits = next(one for one in page.all("section") if one.get("aria-labelledby") == "limits")
    assert words in limits.words


def test_several_currencies_are_named_and_not_compared():
    names = ("conventional-care", "cash-clinic", "dose-ladder")
    page = parse(render_report(comparison(names), {}))
    assert "Costs are in different currencies (GBP, USD)" in page.words
    where = "differences cash-clinic conventional-care mean_cost_all_payers"
    assert [one.text for one in page.all("td", **{"data-from": where})] == [
        "USD and GBP are not comparable"
    ]
    units = {one.text for one in page.one("table", id="compact").all("span", of_class="unit")}
    assert units == {"GBP"}
    heads = page.one("table", id="cost-lines").one("thead").all("span", of_class="detail")
    assert [one.text for one in heads] == ["GBP", "USD", "GBP"]


def test_harm_by_dose_needs_the_event_log_of_each_run():
    without = Comparison({name: simulate(name, patients=20, years=1, seed=7) for name in THREE})
    page = parse(render_report(without, {}))
    assert not page.all("table", id="by-dose")
    assert "--events" in page.words


@pytest.mark.parametrize("events", [False, True], ids=["log let go", "log kept"])
def test_harm_by_dose_is_there_whether_or_not_the_log_is_kept(events):
    compared = comparison(events=events)
    logs = [one.tables["events"] is not None for one in compared.results.values()]
    assert logs == [events] * len(THREE)
    page = parse(render_report(compared, {}))
    assert "Rates by dose band need the event log" not in page.words
    table = page.one("table", id="by-dose")
    groups = [one.words for one in table.all("th", scope="rowgroup")]
    assert groups == [
        "Before any ketamine",
        "Lifetime dose above 0 to 500 mg",
        "Lifetime dose above 500 to 2,000 mg",
        "Lifetime dose above 2,000 to 5,000 mg",
        "Lifetime dose above 5,000 mg",
    ]


def test_other_therapies_are_not_taken_for_ketamine(page):
    words = "what ketamine adds shows only against the same plan without it"
    assert words not in page.words
    compared = comparison(("conventional-care", "multidisciplinary"))
    note = parse(render_report(compared, {})).one("section", of_class="first").words
    assert f"Other therapies are part of multidisciplinary and of its differences: {words}" in note


def test_sham_is_named_with_what_it_does_not_take_out(page):
    note = page.one("section", of_class="first").words
    assert f"The sham is one policy, {comparison().titles['sham-infusion']}" in note
    without = parse(render_report(comparison(("conventional-care", "multidisciplinary")), {}))
    assert "The sham is one policy" not in without.words


def test_same_comparison_gives_the_same_page():
    again = told_otherwise(comparison())
    assert render_report(again, {}) == render_report(comparison(), {})


def test_report_is_written_where_asked(tmp_path):
    path = write_report(comparison(), tmp_path / "report.html", {})
    assert path.read_text("utf-8") == render_report(comparison(), {})
