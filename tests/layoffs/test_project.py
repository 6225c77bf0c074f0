"""Scripts: two lines to documented polars frames."""

import datetime as dt
import json
import time

import polars as pl
import pytest

import layoffs as package
from analysis import FIGURES, KNOWN_EVENTS, MENTIONS
from store import UsageError


@pytest.fixture
def opened(project, tmp_path):
    return package.open(tmp_path / "config.toml")


def test_an_empty_project_gives_empty_frames_with_their_columns(opened, tmp_path):
    assert opened.reactions().collect_schema() == MENTIONS
    assert opened.reactions().collect().is_empty()
    weekly = opened.weekly(by=["company", "source"])
    assert weekly.is_empty()
    assert weekly.columns == ["week", "company", "source", *FIGURES]
    assert opened.events().schema == KNOWN_EVENTS
    assert not (tmp_path / "data").exists()


def test_texts_are_labelled_without_being_stored(opened, tmp_path):
    texts = ["Nach vielen Jahren plötzlich gezwungen zu gehen. Ich bin am Boden.", "We are hiring! Apply now #layoffs"]
    frame = opened.label(texts)
    assert frame["text"].to_list() == texts
    assert frame["kind"][0] == "reaction"
    assert frame["sentiment"][0] == "negative"
    assert not (tmp_path / "data").exists()


def test_an_unknown_company_lists_the_known_ones(opened):
    with pytest.raises(UsageError, match="Amazon"):
        opened.reactions(company="Amazom")


def test_a_company_is_found_in_any_case(opened):
    assert opened.events(company="amazon")["company"].unique().to_list() == ["Amazon"]


def test_an_event_study_takes_a_day_as_text_or_date(opened):
    study = opened.event_study("Amazon", "2025-10-28")
    assert study.equals(opened.event_study("Amazon", dt.date(2025, 10, 28)))
    assert study["window_days"].to_list() == [1, 7, 28]


def test_an_impossible_day_is_explained(opened):
    with pytest.raises(UsageError, match="2025-10-28"):
        opened.event_study("Amazon", "28.10.2025")


@pytest.mark.parametrize(
    "day", ["9999-12-31", "0001-01-01", dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=1)))]
)
def test_a_day_at_the_end_of_the_calendar_is_explained(opened, day):
    with pytest.raises(UsageError, match="no day before it or after it"):
        opened.event_study("Amazon", day)


def test_frames_join_with_polars(opened):
    assert isinstance(opened.posts(), pl.LazyFrame)
    assert {"kind", "text", "companies"} <= set(opened.posts().collect_schema())


def test_one_text_and_one_grouping_may_be_given_as_they_are(opened):
    assert opened.label("I was laid off today").height == 1
    assert "company" in opened.weekly(by="company").columns


def test_half_an_emoji_is_labelled_as_an_import_stores_it(opened):
    frame = opened.label(["They fired us all \ud83d", "They fired us all \ud83d\ude21"], thread_title="half \ud83d")
    assert frame["text"].to_list() == ["They fired us all \ufffd", "They fired us all 😡"]


@pytest.mark.parametrize("texts", [None, [None], 7, ["laid off", 7], b"laid off"])
def test_what_is_no_text_is_not_labelled(opened, texts):
    with pytest.raises(UsageError, match="Only texts can be labelled"):
        opened.label(texts)


def test_a_moment_counts_as_its_utc_day(opened):
    moment = dt.datetime(2025, 10, 28, 1, tzinfo=dt.timezone(dt.timedelta(hours=7)))
    assert opened.event_study("Amazon", moment)["event_date"].unique().to_list() == [dt.date(2025, 10, 27)]


def test_a_time_without_a_zone_is_of_the_day_it_says(opened, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        study = opened.event_study("Amazon", dt.datetime(2025, 10, 28, 1))  # noqa: DTZ001 - that is the point
    finally:
        monkeypatch.undo()
        time.tzset()
    assert study["event_date"].unique().to_list() == [dt.date(2025, 10, 28)]


def test_an_edited_post_shows_no_label_of_its_old_text(opened, tmp_path):
    path = tmp_path / "posts.jsonl"
    row = {"source": "x", "id": "1", "created_at": "2025-10-28T10:00:00Z"}
    for text, collected in (
        ("Amazon laid me off today, I am so angry", "2025-10-29"),
        ("We are hiring!", "2025-10-30"),
    ):
        path.write_text(json.dumps(row | {"text": text, "collected_at": f"{collected}T00:00:00Z"}) + "\n")
        opened.import_posts([path])
        if collected == "2025-10-29":
            opened.label_new()
            assert opened.posts().collect()["kind"].to_list() == ["reaction"]
    edited = opened.posts().collect()
    assert edited["text"].to_list() == ["We are hiring!"]
    assert edited["kind"].to_list() == [None]


@pytest.mark.parametrize(
    ("source", "name"),
    [("facebook", "Jane Doe"), ("blind", "jane_doe"), ("reddit", "jane1985"), ("reddit", "jane85"), ("x", "@jane")],
)
def test_a_name_that_is_to_be_forgotten_is_not_kept_as_if_it_were_a_post(opened, source, name):
    done = opened.forget(source, [name])
    assert (done.purged, done.barred) == (0, 0)
    assert opened.store.scan("tombstones").collect().is_empty()


def test_what_is_surely_a_posts_id_is_barred_though_it_is_not_stored(opened, tmp_path):
    said = ["1oib3xk", "t1_nk5abcd", "t3_1abc", "https://www.reddit.com/r/jobs/comments/1abd/title/nk5abce/"]
    assert opened.forget("reddit", said).barred == 4
    assert opened.forget("blind", ["h-0123456789abcdef0123"]).barred == 1
    path = tmp_path / "b.csv"
    path.write_text("source,id,created_at,text\nblind,word,2025-10-28T10:00:00Z,laid off\n")
    opened.import_posts([path])
    assert opened.forget("blind", ["word"]).purged == 1
    again = opened.forget("blind", ["word"])
    assert (again.purged, again.before) == (0, 1)


@pytest.mark.parametrize(
    ("path", "beside"),
    [
        ("data", "data-rejects"),
        ("data/", "data-rejects"),
        ("deep/../data/.", "data-rejects"),
        (".", "../work-rejects"),
        ("..", "../../{root}-rejects"),
        ("s3://bucket/prefix/", "rejects"),
    ],
)
def test_rejected_rows_are_kept_beside_the_tables_and_never_among_them(tmp_path, path, beside):
    config = tmp_path / "work" / "config.toml"
    config.parent.mkdir()
    config.write_text(f'[store]\npath = "{path}"\n', encoding="utf-8")
    rejects = package.open(config).rejects_folder
    assert rejects == (config.parent / beside.format(root=tmp_path.name)).resolve()
    if "://" not in path:
        assert not rejects.is_relative_to((config.parent / path).resolve())
