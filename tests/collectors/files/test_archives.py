"""Archives are opened with suspicion: nothing leaves them, nothing swells out of them."""

import gzip
import io
import json
import stat
import zipfile

import pytest

from collectors import ImportSettings
from collectors.files.units import units


def zipped(*members: tuple[str | zipfile.ZipInfo, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def rows(desk, *numbers: int) -> str:
    return "".join(json.dumps(desk.tweet(n)) + "\n" for n in numbers)


def test_each_member_is_counted_on_its_own(desk):
    content = zipped(
        ("b/tweets2.jsonl", rows(desk, 2, 3)),
        ("tweets1.jsonl", rows(desk, 1, 2)),
        ("notes.md", "x"),
        ("__MACOSX/._a.csv", "x"),
    )
    first, second = desk.bring(desk.file("all.zip", content))
    assert (first.file, first.new) == ("all.zip/b/tweets2.jsonl", 2)
    assert (second.file, second.new, second.seen) == ("all.zip/tweets1.jsonl", 1, 2)


@pytest.mark.parametrize(
    "name", ["../tweets.jsonl", "/tmp/tweets.jsonl", "a/../../tweets.jsonl", "C:/tweets.jsonl", "..\\tweets.jsonl"]
)
def test_a_path_that_leaves_the_archive_refuses_all_of_it(desk, name: str):
    (summary,) = desk.bring(desk.file("evil.zip", zipped(("tweets.jsonl", rows(desk, 1)), (name, rows(desk, 2)))))
    assert "points outside the archive" in summary.error
    assert desk.posts().is_empty()


def test_a_symbolic_link_refuses_the_archive(desk):
    link = zipfile.ZipInfo("tweets.jsonl")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    (summary,) = desk.bring(desk.file("link.zip", zipped((link, "/etc/passwd"))))
    assert "symbolic link" in summary.error


def test_an_archive_in_an_archive_is_refused_and_its_neighbours_read(desk):
    content = zipped(
        ("inner.zip", zipped(("tweets.jsonl", "x"))),
        ("tweets.jsonl", rows(desk, 1)),
        ("tweets.jsonl.gz", gzip.compress(b"x")),
        ("disguised.csv", gzip.compress(b"x" * 100)),
    )
    errors = {summary.file: summary.error for summary in desk.bring(desk.file("nested.zip", content))}
    assert "archive in an archive" in errors["nested.zip/inner.zip"]
    assert "archive in an archive" in errors["nested.zip/tweets.jsonl.gz"]
    assert "archive in an archive" in errors["nested.zip/disguised.csv"]
    assert errors["nested.zip/tweets.jsonl"] is None
    assert "archive in an archive" in desk.one(desk.file("twice.jsonl.gz", gzip.compress(gzip.compress(b"x")))).error


def test_an_encrypted_archive_is_refused(desk):
    content = bytearray(zipped(("tweets.jsonl", rows(desk, 1))))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + offset] |= 1  # the flag that says so
    (summary,) = desk.bring(desk.file("secret.zip", bytes(content)))
    assert "encrypted" in summary.error


def test_zip_and_gzip_bombs_are_refused(desk):
    bomb = b"0" * 30_000_000
    caps = {"ratio_from_bytes": 10_000_000}
    assert "times its size" in desk.bring(desk.file("bomb.zip", zipped(("tweets.jsonl", bomb))), **caps)[0].error
    assert "times its size" in desk.one(desk.file("bomb.jsonl.gz", gzip.compress(bomb)), **caps).error
    caps = {"max_unpacked_bytes": 20_000_000}
    assert (
        "unpacks to more than 20,000,000 bytes"
        in desk.bring(desk.file("bomb.zip", zipped(("tweets.jsonl", bomb))), **caps)[0].error
    )
    assert (
        "unpacks to more than 20,000,000 bytes"
        in desk.one(desk.file("bomb.jsonl.gz", gzip.compress(bomb)), **caps).error
    )
    many = zipped(*((f"{n}.csv", "") for n in range(20)))
    assert "at most 10 are read" in desk.bring(desk.file("many.zip", many), max_members=10)[0].error


def test_an_understated_size_unpacks_to_no_more_than_it_states(desk):
    content = bytearray(zipped(("tweets.jsonl", b"0" * 5_000_000)))
    for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(magic) + offset
        content[at : at + 4] = (1000).to_bytes(4, "little")
    (summary,) = desk.bring(desk.file("liar.zip", bytes(content)))
    assert "truncated or damaged" in summary.error


def test_a_damaged_zip_says_so(desk):
    content = zipped(("tweets.jsonl", rows(desk, *range(500))))
    assert "no readable ZIP" in desk.bring(desk.file("cut.zip", content[: len(content) // 2]))[0].error
    broken = bytearray(content)
    broken[60:80] = b"\x00" * 20
    assert "truncated or damaged" in desk.bring(desk.file("broken.zip", bytes(broken)))[0].error


def test_an_archive_without_tables_says_what_can_be_read(desk):
    sheet = zipped(("xl/worksheets/sheet1.xml", "<x/>"))
    assert "Excel sheets have to be saved as CSV" in desk.bring(desk.file("book.xlsx", sheet))[0].error


def test_damaged_parquet_says_so(desk):
    assert "no readable Parquet" in desk.one(desk.file("tweets.parquet", b"PAR1" + b"\x00" * 500)).error


def test_a_month_zero_in_an_archive_means_that_the_time_is_not_known(desk):
    content = bytearray(zipped(("tweets.jsonl", rows(desk, 1))))
    for magic, offset in ((b"PK\x03\x04", 12), (b"PK\x01\x02", 14)):
        at = content.index(magic) + offset
        content[at : at + 2] = ((2025 - 1980) << 9).to_bytes(2, "little")
    (summary,) = desk.bring(desk.file("odd.zip", bytes(content)))
    assert (summary.error, summary.new) == (None, 1)
    assert desk.posts()["collected_at"].to_list() == [desk.written]


REDDIT_EXPORT = {
    "posts.csv": "id,subreddit,date,title,body\n1a,layoffs,2025-10-28 10:00:00 UTC,Cut,They cut us\n",
    "comments.csv": "id,subreddit,date,link,body\n2b,layoffs,2025-10-28 11:00:00 UTC,t3_1a,So sorry\n",
    "messages.csv": "id,subreddit,date,body\n3c,layoffs,2025-10-28 11:00:00 UTC,private words\n",
}


@pytest.mark.parametrize("packed", [True, False])
def test_an_export_of_another_platform_keeps_its_posts_beside_its_comments(desk, caplog, packed):
    if packed:
        path = desk.file("export.zip", zipped(*REDDIT_EXPORT.items(), ("more/tweets.jsonl", rows(desk, 1))))
    else:
        files = REDDIT_EXPORT | {"more/tweets.jsonl": rows(desk, 1)}
        path = [desk.file(f"export/{name}", text) for name, text in files.items()] and desk.folder / "export"
    summaries = desk.bring(path)
    assert not [summary.error for summary in summaries if summary.error]
    assert sorted(desk.posts()["text"]) == ["Cut\n\nThey cut us", "So sorry", "post 1 on #layoffs"]
    assert "messages.csv" in caplog.text


def test_only_the_folder_of_a_linkedin_export_is_read_as_one(desk):
    desk.file(
        "in/linkedin/Shares.csv", "Date,ShareLink,ShareCommentary\n2025-10-28,urn:li:share:7389000000000000001,Gone\n"
    )
    desk.file("in/linkedin/Profile.csv", "First Name\nJane\n")
    desk.jsonl("in/tweets.jsonl", [desk.tweet(1)])
    assert [summary.file for summary in desk.bring(desk.folder / "in")] == ["in/linkedin/Shares.csv", "in/tweets.jsonl"]


@pytest.mark.parametrize("packed", [True, False])
def test_shares_among_other_tables_hide_none_but_linkedins_own(desk, packed):
    shares = "Date,ShareLink,ShareCommentary\n2025-10-28,urn:li:share:7389000000000000001,Gone\n"
    files = {
        "Education.csv": "School Name\nX\n",
        "Jobs/Job Applications.csv": "Job Title\nX\n",
        "Shares.csv": shares,
        "sub/tweets.jsonl": rows(desk, 2),
        "tweets.jsonl": rows(desk, 1),
    }
    path = desk.folder / "in"
    for name, content in files.items():
        desk.file(f"in/{name}", content)
    if packed:
        path = desk.file("in.zip", zipped(*files.items()))
    summaries = desk.bring(path, source="x")
    assert [summary.file.partition("/")[2] for summary in summaries] == [
        "Shares.csv",
        "sub/tweets.jsonl",
        "tweets.jsonl",
    ]
    assert [summary.left_aside for summary in summaries] == [("Education.csv", "Jobs/Job Applications.csv"), (), ()]
    assert desk.posts().height == 3


def test_a_projects_own_tables_and_rejects_are_not_read_back(desk):
    desk.jsonl("in.jsonl", [desk.tweet(1), desk.tweet(2, text="")])
    desk.jsonl(".cache/tweets.jsonl", [desk.tweet(3)])
    desk.one(desk.folder / "in.jsonl", source="x")
    assert [path.name for path in desk.rejects_folder.iterdir()]
    (again,) = desk.bring(desk.folder, source="x")
    assert (again.file.rpartition("/")[2], again.duplicate) == ("in.jsonl", 1)


def test_a_folder_says_what_it_left_aside_and_leaves_out_what_the_project_wrote(desk, caplog):
    desk.jsonl("in/tweets.jsonl", [desk.tweet(1)])
    for name in ("in/notes.docx", "in/deep/sheet.xlsx"):
        desk.file(name, "x")
    desk.file("in/report/2025-W44/weekly.csv", "company,week,net\nMeta,2025-10-27,5\n")
    found = units(
        desk.folder / "in", caps=ImportSettings(), own_folders=frozenset({(desk.folder / "in" / "report").resolve()})
    )
    assert [unit.name for unit in found] == ["in/tweets.jsonl"]
    assert "2 left aside" in caplog.text
    assert "deep/sheet.xlsx, notes.docx" in caplog.text
    assert "as the project's own: report" in caplog.text
