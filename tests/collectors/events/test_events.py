"""Lists of announcements: forms of dates and numbers, names, duplicates."""

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import ImportSettings, import_events, read_events
from collectors.events.values import canonical_company, read_date, read_jobs, read_share
from store import EVENTS, Store

KNOWN = {"amazon": "Amazon", "meta": "Meta", "facebook": "Meta", "intel": "Intel", "target": "Target"}

FYI_OLD = """company,location,total_laid_off,date,percentage_laid_off,industry,source,stage,funds_raised,country
amazon,Seattle,14000,10/28/2025,0.04,Retail,https://example.org/a,Post-IPO,108,United States
Oda,"Oslo, Non-U.S.",70,11-01-2022,0.18,Food,https://example.org/o,Series D,1,Norway
Oda,"Oslo, Non-U.S.",70,11-01-2022,0.06,Food,https://example.org/o,Series D,1,Norway
Gone,SF Bay Area,,2/3/2023,1,Finance,Internal memo,Seed,1,United States
Bad,SF Bay Area,10,13/25/2023,,Finance,,Seed,1,United States
,SF Bay Area,10,1/2/2023,,Finance,,Seed,1,United States
"""
FYI_NEW = """\ufeffcompany,location_hq,num_laid_off,date,percentage_laid_off,industry,source,stage,funds_raised_millions,country,date_added
Amazon,Seattle,14000.0,2025-10-28,,Retail,https://example.org/b,Post-IPO,108.0,United States,2025-10-28T16:00:28.000Z
Facebook,SF Bay Area,600.0,2025-10-22,,Consumer,https://example.org/m,Post-IPO,26000.0,United States,2025-10-22T16:00:28.000Z
"""
WARN_TX = """NOTICE_DATE,JOB_SITE_NAME,COUNTY_NAME,TOTAL_LAYOFF_NUMBER,LayOff_Date,CITY_NAME,Employees Affected
2025-10-28,"Amazon.com Services LLC",Travis,x,12/27/2025,Austin,"1,200"
"""
WARN_CA = """County/Parish,Notice Date,Effective Date,Company,Layoff/Closure,No. Of Employees,Address
Santa Clara,10/22/2025,12/22/2025 - 1/5/2026,"META PLATFORMS, INC.",Layoff Permanent,102,1 Hacker Way
Alameda,,01/15/26,Meta Materials Inc.,Closure,about 35,2 Main St
Kern,TBD,,Target Logistics Management LLC,Closure,35,3 Main St
"""


@pytest.fixture
def bring(tmp_path: Path):
    store = Store.open(tmp_path / "data", wait_seconds=5)

    def bring(**files: str) -> list:
        paths = []
        for name, content in files.items():
            paths.append(tmp_path / f"{name}.csv")
            paths[-1].write_text(content, encoding="utf-8")
        summaries = import_events(paths, store=store, known_companies=KNOWN, rejects_folder=tmp_path / "rejects")
        assert all(s.seen == s.new + s.changed + s.duplicate + s.rejected for s in summaries)
        return summaries

    bring.events = lambda: store.scan("events").collect().sort("date", "company", "location")
    return bring


def test_a_layoffs_fyi_list_is_read_month_first_with_duplicates_merged(bring):
    (summary,) = bring(old=FYI_OLD)
    assert (summary.seen, summary.new, summary.duplicate, summary.rejected) == (6, 3, 1, 2)
    events = bring.events()
    assert events.schema == EVENTS
    assert events.select("company", "date", "jobs", "share", "stage", "location", "source_url").rows() == [
        ("Oda", dt.date(2022, 11, 1), 70, 0.18, "reported", "Oslo", "https://example.org/o"),
        ("Gone", dt.date(2023, 2, 3), None, 1.0, "reported", "SF Bay Area", None),
        ("Amazon", dt.date(2025, 10, 28), 14000, 0.04, "reported", "Seattle", "https://example.org/a"),
    ]
    reasons = summary.reject_file.read_text()
    assert "13/25/2023" in reasons
    assert "no company" in reasons


def test_a_notice_with_one_unreadable_date_is_kept_by_the_other_and_the_rest_reported(bring):
    (summary,) = bring(warn="Notice Date,Effective Date,Company\n10/22/2025,TBD soon,Intel\n")
    assert (summary.seen, summary.new, summary.rejected) == (2, 1, 1)
    assert "TBD soon" in summary.reject_file.read_text()


def test_two_lists_in_any_order_and_twice_give_the_same_events(bring, tmp_path: Path):
    bring(old=FYI_OLD, new=FYI_NEW)
    events = bring.events()
    again = bring(new=FYI_NEW, old=FYI_OLD)
    assert sum(s.new + s.changed for s in again) == 0
    assert bring.events().equals(events)
    other = Store.open(tmp_path / "other", wait_seconds=5)
    import_events(
        [tmp_path / "new.csv", tmp_path / "old.csv"],
        store=other,
        known_companies=KNOWN,
        rejects_folder=tmp_path / "rejects",
    )
    assert other.scan("events").collect().sort("date", "company", "location").equals(events)
    assert events.filter(company="Meta")["jobs"].to_list() == [600]
    # The list without a share doesn't take it away.
    assert events.filter(company="Amazon")["share"].to_list() == [0.04]


def test_warn_notices_announce_and_take_effect(bring):
    texas, california = bring(tx=WARN_TX, ca=WARN_CA)
    assert (texas.new, california.new, california.rejected) == (2, 3, 1)
    rows = bring.events().select("company", "date", "jobs", "stage", "location", "reason").rows()
    assert rows == [
        ("Meta", dt.date(2025, 10, 22), 102, "announced", "1 Hacker Way, Santa Clara", "Layoff Permanent"),
        ("Amazon", dt.date(2025, 10, 28), 1200, "announced", "Austin, Travis", None),
        ("Meta", dt.date(2025, 12, 22), 102, "effective", "1 Hacker Way, Santa Clara", "Layoff Permanent"),
        ("Amazon", dt.date(2025, 12, 27), 1200, "effective", "Austin, Travis", None),
        ("Meta Materials Inc.", dt.date(2026, 1, 15), 35, "effective", "2 Main St, Alameda", "Closure"),
    ]


@pytest.mark.parametrize(
    "column",
    [
        "Laid_Off_Count",
        "Layoffs Count",
        "Number of Layoffs",
        "Employees Laid Off",
        "# Impacted",
        "Job Cuts",
        "TOTAL_LAYOFF_NUMBER",
    ],
)
def test_the_jobs_are_found_under_the_names_that_lists_give_them(bring, column):
    (summary,) = bring(fyi=f"Company,Date,{column},Funds_Raised,Industry\nIntel,2025-10-28,600,5,Chips\n")
    assert bring.events()["jobs"].to_list() == [600]
    assert summary.unknown_columns == ("Funds_Raised", "Industry")


def test_of_two_columns_that_mean_the_same_the_one_left_aside_is_named(bring):
    (summary,) = bring(tx=WARN_TX)
    assert summary.unknown_columns == ("TOTAL_LAYOFF_NUMBER",)


def test_a_list_of_something_else_is_refused_with_its_columns(bring):
    (summary,) = bring(posts="id,text\n1,a\n")
    assert "no list of announcements" in summary.error
    assert "id, text" in summary.error
    (bare,) = bring(bare="jane_doe,me too\nbob,5\n")
    assert "It has: 2 columns of no known name (is the header missing?)" in bare.error
    (summary,) = bring(empty="")
    assert "is empty" in summary.error


def test_a_file_that_is_missing_does_not_stop_the_others(tmp_path: Path):
    (tmp_path / "new.csv").write_text(FYI_NEW, encoding="utf-8")
    missing, found = read_events([tmp_path / "nowhere.csv", tmp_path / "new.csv"], known_companies=KNOWN)
    assert "There is no" in missing.error
    assert (missing.events.schema, found.events.height) == (EVENTS, 2)


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("3/14/2023", (2023, 3, 14)),
        ("03-14-2023", (2023, 3, 14)),
        ("2023-03-14T00:00:00Z", (2023, 3, 14)),
        ("March 14, 2023", (2023, 3, 14)),
        ("Mar. 14 2023", (2023, 3, 14)),
        ("3/14/23", (2023, 3, 14)),
        ("03/04/2023", (2023, 3, 4)),
        ("2023/03/14", (2023, 3, 14)),
        ("2023.03.14", (2023, 3, 14)),
        ("20230314", (2023, 3, 14)),
        ("14.03.2023", (2023, 3, 14)),
        ("14. 3. 2023", (2023, 3, 14)),
        ("14.03.23", (2023, 3, 14)),
        ("14-Mar-23", (2023, 3, 14)),
        ("14-MAR-2023", (2023, 3, 14)),
        ("14 March 2023", (2023, 3, 14)),
        ("14th of nothing", None),
        ("Tuesday, 14th Sept. 2023", (2023, 9, 14)),
        ("March 14th, 2023 and April 2, 2023", (2023, 3, 14)),
        ("12/22/2025 - 1/5/2026", (2025, 12, 22)),
        ("44999", (2023, 3, 14)),
        ("45000.5", (2023, 3, 15)),
        ("Marvin 14, 2023", None),
        ("call 555-12-1234", None),
        ("14/3/2023", (2023, 3, 14)),
        ("14-3-23", (2023, 3, 14)),
        ("13/14/2023", None),
        ("soon", None),
        ("", None),
    ],
)
def test_dates(cell: str, date: tuple | None):
    assert read_date(cell) == (dt.date(*date) if date else None)


@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        # The row that proves it may come last.
        (["03/04/2025", "28/10/2025"], ["2025-04-03", "2025-10-28"]),
        (["03/04/2025", "10/28/2025"], ["2025-03-04", "2025-10-28"]),
        (["03/04/2025", "05/05/2025", "13/14/2025"], ["2025-03-04", "2025-05-05", None]),
        # Both are proven: what can be two dates is refused, what can be one alone is read.
        (["03/04/2025", "28/10/2025", "10/29/2025", "05/05/2025"], [None, "2025-10-28", "2025-10-29", "2025-05-05"]),
    ],
)
def test_a_list_says_itself_whether_the_day_or_the_month_comes_first(tmp_path: Path, cells, dates):
    path = tmp_path / "e.csv"
    path.write_text("company,date\n" + "".join(f"Firm {n},{cell}\n" for n, cell in enumerate(cells)))
    for batch_rows in (1, 50_000):
        (read,) = read_events([path], known_companies={}, settings=ImportSettings(batch_rows=batch_rows))
        stored = {row["company"]: f"{row['date']}" for row in read.events.to_dicts()}
        assert [stored.get(f"Firm {n}") for n in range(len(cells))] == dates
        assert len(read.rejected) == dates.count(None)
    reasons = [bad.reason for bad in read.rejected]
    assert all("two dates" in reason or "13/14/2025" in reason for reason in reasons)


def test_a_form_said_in_the_settings_stands_above_what_rows_prove(tmp_path: Path):
    path = tmp_path / "e.csv"
    path.write_text("company,date\nIntel,03/04/2025\nMeta,28/10/2025\nAmazon,10/28/2025\n")
    mapping = {"m": {"files": "*.csv", "date_format": "%d/%m/%Y"}}
    (read,) = read_events([path], known_companies={}, settings=ImportSettings.model_validate({"mapping": mapping}))
    assert [f"{date}" for date in read.events.filter(company="Intel")["date"]] == ["2025-04-03"]


def test_a_list_without_a_usable_row_has_failed(bring):
    (summary,) = bring(e="company,date\nIntel,soon\n,2025-10-28\n")
    assert (summary.seen, summary.rejected) == (2, 2)
    assert "None of the 2 announcements of e.csv can be used" in summary.error
    bring(e="company,date\nIntel,soon\n")
    assert summary.reject_file.read_text().count("\n") == 1
    assert bring(e="company,date\n")[0].error is None


def test_a_date_in_a_form_of_its_own_is_read_by_the_settings():
    assert read_date("14/3/2023", form="%d/%m/%Y") == dt.date(2023, 3, 14)
    assert read_date("2023-03-14", form="%d/%m/%Y") == dt.date(2023, 3, 14)


@pytest.mark.parametrize(
    ("cell", "jobs"),
    [
        ("1,200", 1200),
        ("1.200", 1200),
        ("1 200", 1200),
        ("1\u202f200", 1200),
        ("1'200", 1200),
        ("1,234,567", 1_234_567),
        ("1.234,00", 1234),
        ("1,200.0", 1200),
        ("200.0", 200),
        ("1.2k", 1200),
        ("1,5K", 1500),
        ("2 thousand", 2000),
        ("~1,000", 1000),
        ("1000+", 1000),
        ("100-200", 100),
        ("1,000 – 1,500", 1000),
        ("1-2k", 1000),
        ("10%", None),
        ("10-15 percent", None),
        ("10% (about 1,200)", 1200),
        ("0.125", None),
        ("0", None),
        ("5551234567", None),
        ("9" * 320, None),
        ("9" * 320 + " million", None),
        ("TBD", None),
    ],
)
def test_jobs(cell: str, jobs: int | None):
    assert read_jobs(cell) == jobs


@pytest.mark.parametrize(
    ("cell", "share"),
    [("0.4", 0.4), ("40%", 0.4), ("40", 0.4), ("12,5 %", 0.125), ("0.125", 0.125), ("12.500%", 0.125), ("200%", None)],
)
def test_shares(cell: str, share: float | None):
    assert read_share(cell) == share


def test_a_percentage_among_the_jobs_is_a_share(bring):
    bring(fyi="company,date,laid_off\nIntel,2025-10-28,15%\nMeta,2025-10-28,600\n")
    assert bring.events().select("company", "jobs", "share").rows() == [("Intel", None, 0.15), ("Meta", 600, None)]


def test_notices_for_one_place_are_added_up_where_number_or_address_tells_them_apart(bring):
    head = "Employer,Notice Date,City,Employees Affected"
    bring(
        numbered=f"{head},WARN No.\nIntel,2025-10-28,Folsom,100,1\nIntel,2025-10-28,Folsom,60,2\nIntel,2025-10-28,Folsom,60,2\n",
        sites=f"{head},Address\nMeta,2025-10-28,Austin,100,1 Main St\nMeta,2025-10-28,Austin,100,9 Elm St\n",
        unmarked=f"{head}\nTarget,2025-10-28,Reno,100\nTarget,2025-10-28,Reno,60\nAmazon,2025-10-28,Reno,\n",
    )
    assert dict(bring.events().select("company", "jobs").iter_rows()) == {
        "Intel": 160,
        "Meta": 200,
        "Target": 100,
        "Amazon": None,
    }


def test_a_list_that_ends_with_a_batch_is_read_whole(tmp_path: Path):
    path = tmp_path / "e.json"
    path.write_text(json.dumps([{"company": f"Firm {n}", "date": "2025-10-28"} for n in range(4)]))
    (read,) = read_events([path], known_companies={}, settings=ImportSettings(batch_rows=2))
    assert (read.error, read.events.height) == (None, 4)


@given(st.text(max_size=30) | st.from_regex(r"\d{300,400}([.,]\d+)?( ?(k|%|million))?", fullmatch=True))
def test_no_cell_breaks_a_reader(cell: str):
    read_date(cell)
    jobs, share = read_jobs(cell), read_share(cell)
    assert jobs is None or jobs > 0
    assert share is None or 0 < share <= 1
    assert canonical_company(cell, KNOWN) is not None


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("amazon", "Amazon"),
        ("Amazon.com Services LLC", "Amazon"),
        ("Amazon Web Services, Inc.", "Amazon"),
        ("META PLATFORMS, INC.", "Meta"),
        ("Intel Corporation", "Intel"),
        ("Meta Materials Inc.", "Meta Materials Inc."),
        ("Target Logistics Management", "Target Logistics Management"),
        ("  New   Firm ", "New Firm"),
    ],
)
def test_companies(name: str, canonical: str):
    assert canonical_company(name, KNOWN) == canonical
