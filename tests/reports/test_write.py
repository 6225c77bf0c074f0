"""What lies on disk after a report, and after one that failed."""

import csv
import hashlib
import json
import os
import subprocess
import sys

import pytest
from PIL import Image

from reports import ReportSettings, write_report
from store import StoreError
from tests.reports.sample import sample

SETTINGS = ReportSettings(companies_per_report=1)
HASHES = """
import hashlib, sys
from pathlib import Path
from reports import ReportSettings, write_report
from tests.reports.sample import sample
data = sample(names=("شركة", "ソフト"), weeks=3)
write_report(data, out=Path(sys.argv[1]), settings=ReportSettings(companies_per_report=1))
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    return write_report(sample(names=("Amazon", "Meta"), weeks=8), out=out, settings=SETTINGS)


def test_each_chart_has_an_image_its_values_and_an_alt_text(written):
    assert written.pdf.read_bytes().startswith(b"%PDF")
    assert written.pdf.name == "layoff-pulse-2025-W44.pdf"
    alt = json.loads(written.alt_texts.read_text(encoding="utf-8"))
    assert {path.name for path in written.pngs} == set(alt)
    assert all(text.startswith("SYNTHETIC") and len(text) > 60 for text in alt.values())
    assert all(path.exists() for path in written.csvs)
    with (written.pdf.parent / "company-amazon-trend.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert rows[-1]["week"] == "2025-10-27"


def test_images_are_slides_with_their_words_as_metadata(written):
    with Image.open(written.pngs[0]) as image:
        assert image.size == (1920, 1080)
        assert image.info["Title"].startswith("All companies")
        assert "Line chart" in image.info["Description"]
        assert "Software" not in image.info


def test_the_pdf_names_its_language_title_and_pages(written):
    raw = written.pdf.read_bytes()
    assert b"/Lang (en)" in raw
    assert b"/DisplayDocTitle true" in raw
    assert "Amazon".encode("utf-16-be").hex().encode() in raw
    assert b"CreationDate" not in raw


def test_the_same_data_give_the_same_bytes_in_another_process(tmp_path):
    digests = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.getcwd()}  # noqa: PTH109
        subprocess.run([sys.executable, "-c", HASHES, str(out)], check=True, env=environment)
        files = sorted(path for path in out.rglob("*") if path.is_file())
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
    assert digests[0] == digests[1]
    assert len(digests[0]) > 10


def test_a_later_report_replaces_images_that_no_longer_exist_and_nothing_else(tmp_path):
    first = write_report(sample(names=("Amazon",), weeks=2), out=tmp_path, settings=SETTINGS)
    own = first.pdf.parent / "my-notes.txt"
    own.write_text("mine")
    second = write_report(sample(names=(), weeks=2), out=tmp_path, settings=SETTINGS)
    names = {path.name for path in second.pdf.parent.iterdir()}
    assert "overall-trend.png" in names
    assert not any(name.startswith("company-amazon") for name in names)
    assert own.read_text() == "mine"


def test_a_report_that_fails_leaves_the_old_one(tmp_path):
    old = write_report(sample(names=(), weeks=2), out=tmp_path, settings=SETTINGS).pdf
    before = old.read_bytes()
    broken = sample(names=(), weeks=2, coverage=sample().coverage.drop("gaps"))
    with pytest.raises(Exception, match="gaps"):
        write_report(broken, out=tmp_path, settings=SETTINGS)
    assert old.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["2025-W44"]


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"can't be written to .*Choose another folder"):
        write_report(sample(names=(), weeks=1), out=tmp_path / "file", settings=SETTINGS)


def test_names_that_no_font_has_are_reported(tmp_path):
    files = write_report(sample(names=("ተራ",), weeks=1), out=tmp_path, settings=SETTINGS)
    assert files.unreadable == ("ተራ is shown as [Ethiopic 1270 122B]: no installed font has its letters",)


def test_progress_counts_pages_and_images(tmp_path):
    seen = []
    files = write_report(
        sample(names=(), weeks=1),
        out=tmp_path,
        settings=SETTINGS,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (3 + len(files.pngs), 3 + len(files.pngs))
    assert [done for done, _ in seen] == list(range(1, len(seen) + 1))


def test_a_name_that_a_spreadsheet_would_run_is_written_as_text(tmp_path):
    files = write_report(sample(names=("=HYPERLINK(1)", "Amazon"), weeks=2), out=tmp_path, settings=SETTINGS)
    with (files.pdf.parent / "companies.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["company"] for row in rows] == ["'=HYPERLINK(1)"]


def test_the_values_of_the_comparison_hold_the_change_that_the_front_page_tells(written):
    with (written.pdf.parent / "companies.csv").open(encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    assert row["company"] == "Amazon"
    assert float(row["change_low"]) < float(row["change"]) < float(row["change_high"])
    assert row["change_clear"] in ("true", "false")
    assert row["change_p_holm"]


@pytest.mark.parametrize("damaged", ["", "[1]", "{"])
def test_a_damaged_list_of_alt_texts_is_written_anew(tmp_path, damaged):
    report = sample(names=(), weeks=1)
    listed = write_report(report, out=tmp_path, settings=SETTINGS).alt_texts
    whole = listed.read_text(encoding="utf-8")
    listed.write_text(damaged)
    write_report(report, out=tmp_path, settings=SETTINGS)
    assert listed.read_text(encoding="utf-8") == whole


def test_the_draft_of_a_killed_report_goes_after_a_day(tmp_path):
    for name, age in ((".layoff-pulse-old", 0), (".layoff-pulse-new", None)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_text("half")
        if age is not None:
            os.utime(tmp_path / name, (age, age))
    write_report(sample(names=(), weeks=1), out=tmp_path, settings=SETTINGS)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".layoff-pulse-new", "2025-W44"]
