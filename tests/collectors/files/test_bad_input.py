"""Whatever comes in: a clear message, exact counts, and nothing stored is harmed."""

import datetime as dt
import gzip
import json
import os
import stat

import polars as pl
import pytest

from collectors.files.rejects import RejectFile
from store import StoreError, UsageError


def test_an_empty_file_is_said_to_be_empty(desk):
    assert "tweets.csv is empty" in desk.one(desk.file("tweets.csv", "")).error
    assert "is empty" in desk.one(desk.file("tweets.jsonl.gz", gzip.compress(b""))).error
    assert "is empty" in desk.one(desk.file("tweets.json", " \n \n")).error


def test_a_missing_file_does_not_stop_the_others(desk):
    good = desk.jsonl("tweets.jsonl", [desk.tweet(1)])
    missing, found = desk.bring(desk.folder / "nowhere.csv", good)
    assert "There is no" in missing.error
    assert (found.error, found.new) == (None, 1)


def test_a_name_that_is_no_utf8_is_shown_with_its_odd_bytes_escaped(desk):
    odd = desk.jsonl(os.fsdecode(b"K\xfcndigungen/tweets-\xfc.jsonl"), [desk.tweet(1)])
    assert (desk.one(odd).file, desk.one(odd).error) == (r"tweets-\udcfc.jsonl", None)
    assert desk.one(odd.parent).file == r"K\udcfcndigungen/tweets-\udcfc.jsonl"
    assert r"nowhere-\udcfc" in desk.one(odd.with_name(os.fsdecode(b"nowhere-\xfc.csv"))).error


def test_a_pipe_is_refused_instead_of_waited_for(desk):
    os.mkfifo(desk.folder / "pipe.csv")
    assert "pipe or device" in desk.one(desk.folder / "pipe.csv").error


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes(range(256)) * 50 + b"\x00" * 5000, "binary file"),
        (b"%PDF-1.7 and so on", "a PDF"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "a picture"),
        (b"SQLite format 3\x00", "SQLite"),
        ("id,text\n1,hé\n".encode("utf-16-le"), "encoding that it doesn't state"),
    ],
)
def test_a_binary_file_is_named_as_what_it_is(desk, content: bytes, words: str):
    summary = desk.one(desk.file("tweets.csv", content))
    assert words in summary.error
    assert summary.seen == 0


def test_a_wrong_encoding_is_named_with_the_offset_and_the_remedy(desk):
    content = "id,created_at,tweet\n1,2025-10-28,Kündigung\n".encode("cp1252")
    path = desk.file("alt.csv", content)
    summary = desk.one(path)
    assert f"offset {content.index(0xFC)}" in summary.error
    assert 'encoding = "cp1252"' in summary.error
    mapping = {"alt": {"files": "alt*.csv", "encoding": "cp1252"}}
    assert desk.one(path, mapping=mapping).error is None
    assert desk.posts()["text"].to_list() == ["Kündigung"]


def test_binary_in_mid_file_keeps_what_came_before(desk):
    rows = "".join(json.dumps(desk.tweet(n)) + "\n" for n in range(20_000)).encode()
    summary = desk.one(desk.file("tweets.jsonl", rows + b"\xff\xfe\x00\x01" * 1000), batch_rows=5000)
    assert f"offset {len(rows):,}" in summary.error
    assert summary.new >= 15_000


def test_a_truncated_gzip_keeps_what_came_before(desk):
    rows = "".join(json.dumps(desk.tweet(n, text=os.urandom(40).hex())) + "\n" for n in range(20_000)).encode()
    packed = gzip.compress(rows)
    cut, good = desk.bring(
        desk.file("tweets.jsonl.gz", packed[: len(packed) * 3 // 4]),
        desk.jsonl("tweets2.jsonl", [desk.tweet(99_999)]),
        batch_rows=2000,
    )
    assert "truncated or damaged" in cut.error
    assert 10_000 <= cut.new < 20_000
    assert good.new == 1
    # The whole file later brings the rest.
    whole = desk.one(desk.file("tweets.jsonl.gz", packed))
    assert (whole.error, whole.new + cut.new) == (None, 20_000)


def test_a_gzip_cut_within_its_first_bytes_keeps_what_came_before(desk):
    rows = "".join(json.dumps(desk.tweet(n, text=os.urandom(40).hex())) + "\n" for n in range(200)).encode()
    packed = gzip.compress(rows)
    cut = desk.one(desk.file("tweets.jsonl.gz", packed[: len(packed) // 2]))
    assert "truncated or damaged" in cut.error
    assert 20 <= cut.new < 200


def test_a_200_mb_line_is_refused_and_reading_goes_on(desk):
    """Line, CSV field and JSON element: each costs one rejected row with its number."""
    # gzip files can be joined: the huge part is packed once.
    huge = gzip.compress(b"x" * 200_000_000, 1)
    first, last = (json.dumps(desk.tweet(n)).encode() for n in (1, 2))
    files = {
        "tweets.jsonl.gz": (first + b'\n{"text": "', b'"}\n' + last + b"\n"),
        "tweets.json.gz": (b"[" + first + b',{"text": "', b'"},' + last + b"]"),
        "tweet.csv.gz": (b'id,created_at,tweet\n00001,2025-10-28,a\n7,2025-10-28,"', b'"\n00002,2025-10-28,b\n'),
    }
    for name, (before, after) in files.items():
        content = gzip.compress(before) + huge + gzip.compress(after)
        summary = desk.one(desk.file(name, content), max_ratio=2000)
        assert (summary.error, summary.seen, summary.rejected) == (None, 3, 1), name
        (reject,) = desk.rejected(summary)
        assert "longer than a row may be" in reject["reason"]
        assert reject["row"] == (3 if "csv" in name else 2)
    assert desk.posts()["post_id"].to_list() == ["00001", "00002"]


def test_rows_that_can_not_be_stored_go_to_the_reject_file_with_their_reason(desk):
    bad = {
        "": "no text",
        " \n\t\u200b\ufeff": "no text",
        "\x00\x00": "no text",
        None: "no text",
    }
    times = {
        "1970-01-01T00:00:00Z": "before 2004",
        "0": "before 2004",
        "2099-01-01": "in the future",
        "99999999999999": "in the future",
        "2025-02-30": "no readable time",
        "yesterday": "no readable time",
        "3/11/2025": "no readable time",
        "31.02.2025": "no readable time",
        "Nox 3, 2025": "no readable time",
        "Nov 3, 2025 13:00 PM": "no readable time",
        "2025-10-28 10:00:00 PST": "no readable time",
        "": "no readable time",
        None: "no readable time",
        "-99999999999999999999": "no readable time",
        "9999-12-31T23:59:59-23:59": "in the future",
        "0001-01-01T00:00:00+23:59": "before 2004",
    }
    rows = (
        [desk.tweet(1)]
        + [desk.tweet(2, text=text) for text in bad]
        + [desk.tweet(3, created_at=time) for time in times]
    )
    summary = desk.one(desk.jsonl("tweets.jsonl", rows))
    assert (summary.new, summary.rejected) == (1, len(bad) + len(times))
    rejected = desk.rejected(summary)
    for reject, (row, reason) in zip(rejected, enumerate([*bad.values(), *times.values()], 2), strict=True):
        assert (reject["file"], reject["row"]) == ("tweets.jsonl", row)
        assert reason in reject["reason"]
        assert reject["received"]["id"] in ("00002", "00003")
    assert stat.S_IMODE(summary.reject_file.stat().st_mode) == 0o600


def test_a_reject_file_goes_when_its_input_is_clean(desk):
    first = desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1), desk.tweet(2, text="")]))
    assert first.reject_file.exists()
    second = desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1), desk.tweet(2)]))
    assert second.reject_file is None
    assert not first.reject_file.exists()


def test_a_reject_file_stays_when_the_next_import_fails(desk):
    rows = [json.dumps(desk.tweet(n, text="" if n == 2 else "t")) for n in range(1, 5)]
    path = desk.file("tweets.jsonl", "\n".join(rows))
    first = desk.one(path)
    desk.file("tweets.jsonl", b"\xff" * 100)
    failed = desk.one(path)
    assert failed.error
    assert [reject["row"] for reject in desk.rejected(first)] == [2]
    desk.file("tweets.jsonl", rows[0].encode() + b"\n{}\n" + b"\xff" * 100)
    assert [reject["row"] for reject in desk.rejected(desk.one(path))] == [2, 2]
    assert [file.name for file in desk.rejects_folder.iterdir()] == [first.reject_file.name]


def test_counts_are_numbers_or_none(desk):
    said = {
        "7": 7,
        "1,234": 1234,
        "12,34,567": 1234567,
        "3.0": 3,
        "1,5": None,
        "1,23,4": None,
        "2.1K": None,
        "1.234": None,
        "12.500": None,
        "5.00": 5,
        "": None,
    }
    rows = "".join(f'{n:02d},2025-10-28,t,"{likes}"\n' for n, likes in enumerate(said))
    summary = desk.one(desk.file("tweets.csv", "id,created_at,tweet,likes\n" + rows))
    assert desk.posts()["likes"].to_list() == list(said.values())
    assert summary.unread_counts == 5


def test_emoji_right_to_left_and_nul_are_texts(desk):
    texts = ["😭💔", "شركة أمازون سرّحتني اليوم", "מפוטר", "vor\x00her", "👨‍👩‍👧", "?!", "解雇"]
    desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(n, text=text) for n, text in enumerate(texts)]))
    assert desk.posts()["text"].to_list() == [text.replace("\x00", "") for text in texts]


def test_naive_times_are_utc_unless_the_mapping_names_their_zone(desk):
    path = desk.jsonl("tweets.jsonl", [desk.tweet(1, created_at="2025-10-28 23:30:00")])
    desk.one(path)
    assert desk.posts()["created_at"].item() == dt.datetime(2025, 10, 28, 23, 30, tzinfo=dt.UTC)
    other = desk.another("other")
    other.one(path, mapping={"t": {"files": "tweets*", "timezone": "Europe/Berlin"}})
    assert other.posts()["created_at"].item() == dt.datetime(2025, 10, 28, 22, 30, tzinfo=dt.UTC)


def test_missing_columns_are_named_with_what_was_found_and_how_to_map(desk):
    error = desk.one(desk.file("agency.csv", "Nr,Beitrag,Datum\n1,a,28.10.2025\n"), source="linkedin").error
    assert "has no column for text" in error
    assert "3 columns of no known name" in error
    assert "[import.mapping.NAME]" in error


def test_a_mapping_reads_foreign_columns_and_dates(desk):
    path = desk.file("agency-1.csv", "Nr;Beitrag;Datum;Ort\n7;Alle gekündigt;28.10.2025 09:15;Köln\n")
    mapping = {
        "files": "agency-*.csv",
        "source": "LinkedIn",
        "columns": {"post_id": "Nr", "text": "Beitrag", "created_at": "Datum"},
        "date_format": "%d.%m.%Y %H:%M",
        "timezone": "Europe/Berlin",
    }
    summary = desk.one(path, mapping={"agency": mapping})
    assert (summary.error, summary.unknown_columns) == (None, ("Ort",))
    post = desk.posts().row(0, named=True)
    assert (post["source"], post["post_id"], post["text"]) == ("linkedin", "7", "Alle gekündigt")
    assert post["created_at"] == dt.datetime(2025, 10, 28, 8, 15, tzinfo=dt.UTC)


def test_a_mapping_that_names_an_absent_column_is_refused(desk):
    mapping = {"m": {"files": "*", "columns": {"text": "Txt"}}}
    error = desk.one(desk.file("f.csv", "id,text,date\n1,a,2025-10-28\n"), mapping=mapping).error
    assert 'text = "Txt"' in error


def test_columns_that_share_a_name_are_refused(desk):
    assert "share a name: text" in desk.one(desk.file("f.csv", "id,text,text\n1,a,b\n")).error


def test_a_platform_that_nobody_says_is_asked_for(desk):
    path = desk.file("posts.csv", "id,text,date\n1,a,2025-10-28\n")
    assert "--source" in desk.one(path).error
    assert desk.one(path, source="Twitter").new == 1
    assert desk.posts()["source"].item() == "x"
    with pytest.raises(UsageError, match="can't be a source"):
        desk.bring(path, source="../x")


def test_a_stored_source_column_wins_over_the_argument(desk):
    path = desk.jsonl(
        "mixed.jsonl",
        [
            desk.tweet(1, source="bsky"),
            desk.tweet(2, platform="www.x.com"),
            desk.tweet(3, source="Web App"),
            desk.tweet(4, source="Friendster"),
        ],
    )
    desk.one(path, source="mastodon")
    assert desk.posts()["source"].to_list() == ["bluesky", "friendster", "mastodon", "x"]


def test_a_file_none_of_whose_rows_can_be_used_fails_with_the_reason(desk):
    error = desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(n, created_at=None) for n in range(5)])).error
    assert "None of the 5 rows" in error
    assert "no readable time" in error


def test_what_is_not_known_is_named_and_not_stored(desk):
    summary = desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1, real_name="Jane Roe", geo={"place": "here"})]))
    assert summary.unknown_columns == ("real_name", "geo.place")
    assert "Jane Roe" not in str(desk.posts().to_dicts())


def test_a_row_states_when_it_was_collected_else_the_file_does(desk):
    desk.one(
        desk.jsonl(
            "tweets.jsonl",
            [
                desk.tweet(1),
                desk.tweet(2, retrieved_at="2025-11-01T00:00:00Z"),
                desk.tweet(3, created_at="2025-12-24T00:00:00Z"),
            ],
        )
    )
    assert desk.posts()["collected_at"].to_list() == [
        desk.written,
        dt.datetime(2025, 11, 1, tzinfo=dt.UTC),
        dt.datetime(2025, 12, 24, tzinfo=dt.UTC),  # the file's time is wrong: it can't be older than what it holds
    ]


def test_rejects_that_can_not_be_written_end_the_import_with_a_clear_error(desk):
    desk.file("rejects", "a file where the folder should be")
    with pytest.raises(StoreError, match="Rejected rows can't be written"):
        desk.bring(desk.jsonl("tweets.jsonl", [desk.tweet(1), desk.tweet(2, text="")]))
    assert desk.posts().height == 1


def test_every_file_gets_a_row_in_runs(desk):
    desk.bring(desk.jsonl("tweets.jsonl", [desk.tweet(1), desk.tweet(2, text="")]), desk.file("tweets.csv", ""))
    runs = desk.store.scan("runs").collect().sort("run_id")
    assert runs["query"].to_list() == ["tweets.jsonl", "tweets.csv"]
    assert runs["status"].to_list() == ["done", "failed"]
    assert runs.select("seen", "new", "rejected").row(0) == (2, 1, 1)


def test_progress_ends_at_the_rows_read(desk):
    from collectors import ImportSettings, import_files

    calls = []
    files = [desk.jsonl(f"tweets{n}.jsonl", [desk.tweet(n * 1000 + i) for i in range(300)]) for n in range(3)]
    import_files(
        files,
        store=desk.store,
        settings=ImportSettings(batch_rows=100),
        keep_handles=frozenset(),
        rejects_folder=desk.rejects_folder,
        on_progress=lambda done, total: calls.append((done, total)),
    )
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert calls[-1] == (900, 900)
    assert all(total is None or total >= rows for rows, total in calls)


def test_posts_schema_is_kept(desk):
    desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1)]))
    assert desk.posts().schema["created_at"] == pl.Datetime("us", "UTC")


def test_ids_that_a_spreadsheet_rounded_are_refused_and_decimals_taken_back(desk):
    content = (
        "id,created_at,tweet,thread_id,parent_id\n1.98346E+18,2025-10-28,a,,\n1.98346E+18,2025-10-28,b,,\n"
        "12.0,2025-10-28,c,11.0,10.0\n13,2025-10-28,d,1.98346E+18,\n"
    )
    summary = desk.one(desk.file("f.csv", content))
    assert [reject["reason"].split(":")[0] for reject in desk.rejected(summary)] == [
        "the id was rounded by a spreadsheet"
    ] * 2
    found = desk.posts().select("post_id", "thread_id", "parent_id").rows()
    assert found == [("12", "11", "10"), ("13", None, None)]


def test_lists_in_parquet_name_the_first_edit(desk):
    frame = pl.DataFrame([desk.tweet(1, edit_history_tweet_ids=["7", "00001"])])
    frame.write_parquet(desk.folder / "tweets.parquet")
    desk.one(desk.folder / "tweets.parquet")
    assert desk.posts()["post_id"].to_list() == ["7"]


def test_two_authors_who_write_the_same_on_a_day_are_two_posts(desk):
    content = "date,author,text\n2025-10-28,ann,So sorry\n2025-10-28,bob,So sorry\n2025-10-28,@Bob,So sorry\n"
    summary = desk.one(desk.file("f.csv", content), source="blind")
    assert (summary.new, summary.duplicate) == (2, 1)


def test_two_imports_of_one_file_at_once_write_a_draft_each(tmp_path):
    first, second = (RejectFile(tmp_path, name="x.csv", path=tmp_path / "x.csv") for _ in range(2))
    for row, file in enumerate((first, second, first), 1):
        file.add(row=row, reason="no text", received="1")
    assert [json.loads(line)["row"] for line in first.close(failed=False).read_text().splitlines()] == [1, 3]
    assert [json.loads(line)["row"] for line in second.close(failed=False).read_text().splitlines()] == [2]
    assert [path.name for path in tmp_path.iterdir()] == [first.path.name]


def test_the_draft_of_a_killed_import_goes_after_a_day(tmp_path):
    killed = RejectFile(tmp_path, name="x.csv", path=tmp_path / "x.csv")
    killed.add(row=1, reason="no text", received="1")
    (draft,) = tmp_path.iterdir()
    os.utime(draft, (0, 0))
    later = RejectFile(tmp_path, name="x.csv", path=tmp_path / "x.csv")
    later.add(row=1, reason="no text", received="1")
    assert not draft.exists()
    later.close(failed=False)
    killed._file.close()


@pytest.mark.parametrize("columns", ["reason", "reason,reason_right", "reason_right", "row,reason,\x00reason"])
def test_columns_called_like_ours_are_data_like_any_other(desk, columns):
    cells = ",".join("mine" for _ in columns.split(","))
    path = desk.file("posts.csv", f"id,text,date,{columns}\n1,laid off,2025-10-28,{cells}\n2,,2025-10-28,{cells}\n")
    summary = desk.one(path, source="blind")
    assert (summary.new, summary.rejected, summary.error) == (1, 1, None)
    (refused,) = desk.rejected(summary)
    assert refused["reason"] == "no text"
    assert list(refused["received"].values()) == ["2", "", "2025-10-28", *cells.split(",")]
