"""The command line: what a user types, what comes out, and how it ends."""

import json
import re
import threading
from pathlib import Path

import polars as pl
import pytest
import typer.main

import layoffs as package
from layoffs.cli import app
from store import Store

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(typer.main.get_command(app).commands)
WEEK = "2025-W44"


def post(number, text, **more):
    return {
        "id": f"p{number}",
        "source": "x",
        "created_at": "2025-10-29T10:00:00Z",
        "author": f"a{number}",
        "text": text,
        **more,
    }


def write_posts(path, posts):
    path.write_text("".join(json.dumps(post, ensure_ascii=False) + "\n" for post in posts), encoding="utf-8")
    return path


@pytest.fixture
def posts_file(tmp_path):
    texts = [
        "I gave Amazon nine years and they locked my laptop before the call was over. Disgusting.",
        "Amazon to cut 14,000 corporate jobs https://example.com/a",
        "Nach zwölf Jahren bei Amazon einfach gekündigt. Ich bin fassungslos und traurig.",
    ]
    return write_posts(tmp_path / "posts.jsonl", [post(number, text) for number, text in enumerate(texts)])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_stands_in_the_readme(layoffs, command):
    ended = layoffs(command, "--help")
    assert ended.code == 0
    assert len(ended.out.splitlines()) > 3
    assert f"`layoffs {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_no_command_that_does_not_exist():
    named = set(re.findall(r"`layoffs ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named <= set(COMMANDS)


def test_version(layoffs):
    assert re.fullmatch(r"layoffs \d+\.\d+\.\d+\n", layoffs("--version").out)


def test_without_a_config_the_message_says_how_to_make_one(layoffs):
    ended = layoffs("label")
    assert ended.code == 2
    assert "layoffs init" in ended.err


def test_a_typo_in_the_config_ends_with_2_and_the_nearest_key(project, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace("min_posts", "min_post"))
    ended = project("label")
    assert ended.code == 2
    assert "Did you mean min_posts?" in ended.err


def test_an_unknown_option_ends_with_2(layoffs):
    assert layoffs("import", "--nope", "x").code == 2


def test_the_whole_way(project, posts_file, tmp_path):
    imported = project("import", posts_file, "--json")
    assert imported.code == 0
    assert imported.json[0]["new"] == 3
    again = project("import", posts_file, "--json").json[0]
    assert (again["new"], again["changed"], again["duplicate"]) == (0, 0, 3)
    labelled = project("label", "--json").json
    assert labelled["labelled"] == 3
    assert project("label", "--json").json["labelled"] == 0
    report = project("report", "--week", WEEK, "--json")
    assert report.code == 0
    assert Path(report.json["pdf"]).read_bytes().startswith(b"%PDF")
    exported = project("export", "posts", tmp_path / "posts.csv")
    assert exported.code == 0
    assert pl.read_csv(tmp_path / "posts.csv")["companies"].to_list() == ["Amazon"] * 3


def test_a_report_goes_by_the_announcements_known_by_its_sunday(project, tmp_path):
    (tmp_path / "e.csv").write_text(
        "company,date,laid_off,stage\nAmazon,2025-10-31,700,reported\nAmazon,2025-11-04,700,announced\n"
    )
    assert project("events", "e.csv").code == 0
    told = project("events", "--company", "amazon", "--json").json
    assert [event["date"] for event in told if event["jobs"] == 700] == ["2025-11-04"]
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace("min_posts = 30", "min_posts = 5"))
    told = [
        f"I gave Amazon {years} years and they locked my laptop. Disgusting, I am so {mood}."
        for years, mood in enumerate(("angry", "sad", "tired", "hurt", "done"), 5)
    ]
    project("import", write_posts(tmp_path / "posts.jsonl", [post(number, text) for number, text in enumerate(told)]))
    project("label")
    pdf = project("report", "--week", WEEK, "--json").json["pdf"]
    alt_texts = json.loads((Path(pdf).parent / "alt-texts.json").read_text())
    assert "31\u00a0Oct: 700\u00a0jobs, reported" in alt_texts["overall-trend.png"]


def test_what_people_typed_as_names_is_never_stored(project, tmp_path):
    secret = "jane.doe.unmistakable"
    write_posts(
        tmp_path / "p.jsonl", [post(1, f"Thanks @{secret} and {secret}@example.com for nothing, Amazon", author=secret)]
    )
    assert project("import", "p.jsonl").code == 0
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert secret.encode() not in stored
    frame = Store.open(tmp_path / "data").scan("posts").collect()
    assert frame["text"].to_list() == ["Thanks @user and [email] for nothing, Amazon"]


def test_a_file_that_is_not_there_ends_with_failure_and_keeps_the_others(project, posts_file):
    ended = project("import", "missing.csv", posts_file, "--json")
    assert ended.code != 0
    assert {summary["new"] for summary in ended.json} == {0, 3}


def test_a_report_without_posts_says_what_to_do(project):
    ended = project("report", "--week", WEEK)
    assert ended.code == 2
    assert "layoffs import" in ended.err


def test_a_report_before_labelling_says_what_to_do(project, posts_file):
    project("import", posts_file)
    ended = project("report", "--week", WEEK)
    assert ended.code == 2
    assert "layoffs label" in ended.err


def test_why_rows_were_rejected_is_said_with_what_to_do(project, tmp_path):
    (tmp_path / "p.csv").write_text("id,date,text\n1,2025-10-28,a\n2,10/28/2025,b\n3,11/2/2025,c\n4,2025-10-28,\n")
    ended = project("import", "p.csv", "--source", "x")
    assert ended.code == 0
    assert "  rejected: no readable time (2), no text (1). Say how times are written" in " ".join(ended.out.split("\n"))


def test_a_source_that_can_be_none_is_wrong_use(project, posts_file):
    assert project("import", "--source", "my platform", posts_file).code == 2


@pytest.mark.parametrize("out", ["data", "data/posts/reports"])
def test_no_report_is_written_among_the_tables(project, posts_file, tmp_path, out):
    project("import", posts_file)
    ended = project("report", "--out", out)
    assert ended.code == 2
    assert "lies in the data folder" in ended.err
    assert not list((tmp_path / "data").rglob("*.pdf"))


def test_a_report_of_an_empty_week_names_the_newest_one(project, posts_file):
    project("import", posts_file)
    project("label")
    ended = project("report", "--week", "2025-W30")
    assert ended.code == 2
    assert f"layoffs report --week {WEEK}" in ended.err


@pytest.mark.parametrize("week", ["2025-44", "2025-W54", "last", "2025-W00"])
def test_an_impossible_week_is_explained(project, week):
    ended = project("report", "--week", week)
    assert ended.code == 2
    assert "is not an ISO week" in ended.err


def test_a_week_to_come_is_refused(project):
    assert "not over yet" in project("report", "--week", "2099-W01").err


def test_events_of_the_config_and_of_files_are_listed_once(project, tmp_path):
    (tmp_path / "e.csv").write_text(
        "company,location,total_laid_off,date,percentage_laid_off,industry,source,stage,funds_raised,country\n"
        "Amazon,Seattle,14000,10/28/2025,0.04,Retail,https://example.com,Post-IPO,,United States\n"
        "Amazon,Seattle,500,01-15-2024,,Retail,https://example.com,Post-IPO,,United States\n"
    )
    assert project("events", "e.csv", "--json").json[0]["new"] == 2
    assert "columns not used: industry, funds_raised, country" in project("events", "e.csv").out
    days = [event["date"] for event in project("events", "--company", "amazon", "--json").json]
    assert days.count("2025-10-28") == 1
    assert "2024-01-15" in days


def test_an_announcement_that_a_list_dates_otherwise_is_told_once(project, tmp_path):
    (tmp_path / "e.csv").write_text(
        "company,date,laid_off\nAmazon,10/27/2025,13900\nAmazon,10/27/2025,\nAmazon,10/26/2025,30000\nAmazon,10/20/2025,14000\n"
    )
    assert project("events", "e.csv").code == 0
    told = project("events", "--company", "amazon", "--json").json
    assert [(event["date"], event["jobs"]) for event in told if event["date"].startswith("2025-10")] == [
        ("2025-10-28", 14000),
        ("2025-10-26", 30000),
        ("2025-10-20", 14000),
    ]


def test_forgotten_posts_are_gone_and_stay_away(project, posts_file, tmp_path):
    project("import", posts_file)
    project("label")
    assert "Forgot 1 of 1" in project("forget", "x", "p0").out
    assert project("import", posts_file, "--json").json[0]["new"] == 0
    left = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*.parquet"))
    assert b"locked my laptop" not in left


def test_posts_are_forgotten_by_any_name_and_no_name_of_a_person_is_kept(project, tmp_path):
    link = "https://bsky.app/profile/jane.bsky.social/post/3k"
    rows = [
        {"source": "x", "id": "1983000000000000001"},
        {"source": "reddit", "id": "t1_n2"},
        {"source": "reddit", "id": "1abc"},
        {"source": "bluesky", "uri": "at://did:plc:abc/app.bsky.feed.post/3k", "url": link},
    ]
    said = {"created_at": "2025-10-28T10:00:00Z", "text": "laid off"}
    (tmp_path / "f.jsonl").write_text("".join(json.dumps(row | said) + "\n" for row in rows))
    project("import", "f.jsonl")
    assert project("export", "posts", "p.csv").code == 0
    assert "did:plc" not in (tmp_path / "p.csv").read_text()
    assert "Forgot 1 of 1" in project("forget", "twitter", "https://x.com/jane/status/1983000000000000001").out
    assert "Forgot 2 of 2" in project("forget", "reddit", "t3_1abc", "/r/jobs/comments/1abc/title/n2/").out
    assert "Forgot 1 of 1" in project("forget", "bsky", link).out
    assert "forgotten or deleted before" in project("forget", "x", "1983000000000000001").out
    failed = project("forget", "x", "@jane", "77")
    assert failed.code == 1
    assert "None of these posts is stored under x" in failed.err
    stones = package.open(tmp_path / "config.toml").store.scan("tombstones").collect()
    assert sorted(stones["post_id"]) == [
        "1983000000000000001",
        "1abc",
        "77",
        "at://did:plc:abc/app.bsky.feed.post/3k",
        "n2",
    ]


def test_two_imports_at_once_store_every_post_once(project, tmp_path):
    config = tmp_path / "config.toml"
    halves = [
        write_posts(tmp_path / f"{half}.jsonl", [post(n, f"Amazon text {n}") for n in range(half, 400, 3)] * 2)
        for half in range(3)
    ]
    failures = []

    def work(path):
        try:
            package.open(config).import_posts([path])
        except Exception as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(path,)) for path in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    stored = Store.open(tmp_path / "data").scan("posts").select("post_id").collect()["post_id"]
    assert sorted(stored) == sorted(f"p{n}" for n in range(400))


def test_exports_leave_pseudonyms_out_and_know_companies(project, posts_file, tmp_path):
    project("import", posts_file)
    project("label")
    assert project("export", "posts", "all.parquet", "--company", "amazon").code == 0
    exported = pl.read_parquet(tmp_path / "all.parquet")
    assert exported.height == 3
    assert "author" not in exported.columns
    assert project("export", "posts", "none.csv", "--company", "Nonsense").code == 2
    assert project("export", "posts", "meta.csv", "--company", "Meta").out.startswith("Wrote 0 rows")


def test_an_export_runs_no_formula_and_a_failed_one_leaves_the_old_file(project, tmp_path):
    rows = [("1", "=HYPERLINK(1)"), ("2", "-- gone"), ("3", "plain")]
    text = "".join(f"{key},2025-10-28,{said}\n" for key, said in rows)
    (tmp_path / "tweets.csv").write_text("id,created_at,tweet\n" + text)
    project("import", "tweets.csv", "--source", "x")
    assert project("export", "posts", "out.csv").code == 0
    assert sorted(pl.read_csv(tmp_path / "out.csv")["text"]) == ["'-- gone", "'=HYPERLINK(1)", "plain"]
    assert project("export", "posts", "out.jsonl").code == 0
    assert "=HYPERLINK(1)" in pl.read_ndjson(tmp_path / "out.jsonl")["text"].to_list()
    assert not list(tmp_path.glob(".*.part"))
    failed = project("export", "posts", "missing/out.csv")
    assert failed.code == 1
    assert "can't be written" in failed.err


def test_importing_the_projects_own_folder_reads_no_report(project, posts_file, tmp_path):
    project("import", posts_file)
    chart = tmp_path / "report" / "2025-W44" / "trend.csv"
    chart.parent.mkdir(parents=True)
    chart.write_text("company,date,text\nMeta,2025-10-28,5\n")
    again = project("import", ".", "--source", "x", "--json")
    assert [summary["file"] for summary in json.loads(again.out)] == [f"{tmp_path.name}/{posts_file.name}"]


def test_names_from_files_are_shown_as_they_are(project, tmp_path):
    (tmp_path / "e.csv").write_text(
        "company,location,total_laid_off,date,percentage_laid_off,industry,source,stage,funds_raised,country\n"
        "Acme [/us] Corp,Here,10,10/28/2025,,Retail,https://example.com,Post-IPO,,United States\n"
    )
    assert project("events", "e.csv").code == 0
    assert "Acme [/us] Corp" in project("events").out


def test_a_narrow_terminal_cuts_no_count_and_no_path(project, posts_file, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert "3 seen, 3 new, 0 changed, 0 duplicate, 0 rejected" in project("import", posts_file).out


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_no_width_cuts_a_cell_of_status_doctor_or_collect(project, posts_file, tmp_path, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    with (tmp_path / "config.toml").open("a") as config:
        config.write("[sources.folder]\nsettle_seconds = 0\n")
    (tmp_path / "inbox").mkdir()
    posts_file.rename(tmp_path / "inbox" / "posts.jsonl")
    told = project("collect").out + project("status").out + project("doctor", "--source", "folder").out
    assert "…" not in told
    for said in ("Watched folder", "duplicate", "last run", "backlog", "quota left", "1 files in"):
        assert said in told


def test_events_stay_readable_in_60_columns(project, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    name = "Incomprehensibilities-International-Manufacturing Inc."
    (tmp_path / "e.csv").write_text(f"company,date,laid_off,reason\n{name},10/28/2025,1200000,{'restructuring ' * 9}\n")
    project("events", "e.csv")
    shown = project("events").out
    assert re.search(r"2025-10-28  \S+ .* 1,200,000  reported ", shown)
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 60


def test_verbose_may_stand_before_and_behind_the_command(project):
    for words in (("--verbose", "status"), ("status", "--verbose"), ("status", "-v", "--json")):
        assert project(*words).code == 0
    assert "Traceback" not in project("report", "--week", "soon").err
    for arguments in (("--verbose", "report"), ("report", "--verbose"), ("report", "-v")):
        ended = project(*arguments, "--week", "soon")
        assert ended.code == 2
        assert "Traceback" in ended.err


def test_status_says_what_is_due(project, posts_file):
    project("import", posts_file)
    assert "3 posts are due: `layoffs label`" in project("status").out
    project("label")
    assert project("status", "--json").json["stored"]["labelled"] == 3


def test_labels_of_older_settings_are_told_by_status_and_report(project, posts_file, tmp_path):
    project("import", posts_file)
    project("label")
    assert project("status", "--json").json["stored"]["outdated"] == 0
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace('"AWS", ', ""))
    assert "3 are labelled by older settings: `layoffs label`." in " ".join(project("status").out.split())
    written = project("report", "--week", WEEK)
    assert "The labels of 3 posts follow older settings" in " ".join(written.out.split())


def test_the_watched_folder_is_collected_beside_the_config(project, posts_file, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(config.read_text() + "\n[sources.folder]\nsettle_seconds = 0\n")
    (tmp_path / "inbox").mkdir()
    posts_file.rename(tmp_path / "inbox" / "posts.jsonl")
    assert project("collect").code == 0
    assert Store.open(tmp_path / "data").scan("posts").collect().height == 3


def test_run_labels_and_survives_a_week_without_posts(project, posts_file):
    project("import", posts_file)
    ended = project("run")
    assert ended.code == 0
    assert "Labelled 3 posts" in ended.out
    assert "No report:" in ended.out
