"""Exports of the platforms: ids, threads, titles, texts and times come out right."""

import datetime as dt
import io
import json
import zipfile

import pytest

from store import UsageError


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


def by_id(desk) -> dict:
    return {post["post_id"]: post for post in desk.posts().iter_rows(named=True)}


REDDIT_CSV = """id,subreddit,type,text,title,score,created_utc,url
1oid1v1,r/layoffs,post,Amazon cuts 14000 Just got the mail.,Amazon cuts 14000,38,1761652800,https://reddit.com/r/layoffs/comments/1oid1v1/amazon_cuts/
nlw5abc,r/layoffs,comment,"I hate this
""family"" talk",,-4,1761656400,https://reddit.com/r/layoffs/comments/1oid1v1/amazon_cuts/
1oid1v2,r/jobs,post,Only the body,The title,1,1761652800,https://reddit.com/r/jobs/comments/1oid1v2/the_title/
1oid1v3,r/jobs,post,,Title alone,1,1761652800,https://reddit.com/r/jobs/comments/1oid1v3/title/
nlw5abd,r/jobs,comment,[removed],,1,1761656400,https://reddit.com/r/jobs/comments/1oid1v3/title/
1oid1v4,r/jobs,post,[deleted],Its title is left,1,1761652800,https://reddit.com/r/jobs/comments/1oid1v4/its/
1oid1v5,r/jobs,post,[removed by moderator],This one's too,1,1761652800,https://reddit.com/r/jobs/comments/1oid1v5/this/
1oid1v6,r/jobs,post,,[deleted by user],1,1761652800,https://reddit.com/r/jobs/comments/1oid1v6/d/
"""


def test_reddit_csv_has_threads_titles_and_communities(desk):
    summary = desk.one(desk.file("reddit.csv", REDDIT_CSV))
    assert (summary.shape, summary.new, summary.rejected, summary.left_out) == ("Reddit dump", 4, 0, 4)
    assert summary.left_out_reasons == {"removed from its platform": 4}
    posts = by_id(desk)
    post, comment = posts["1oid1v1"], posts["nlw5abc"]
    assert (post["source"], post["community"], post["thread_id"]) == ("reddit", "layoffs", "1oid1v1")
    assert (post["title"], post["text"]) == ("Amazon cuts 14000", "Amazon cuts 14000 Just got the mail.")
    assert post["created_at"] == utc(2025, 10, 28, 12)
    assert (comment["thread_id"], comment["title"], comment["likes"]) == ("1oid1v1", None, -4)
    assert comment["text"] == 'I hate this\n"family" talk'
    assert posts["1oid1v2"]["text"] == "The title\n\nOnly the body"
    assert (posts["1oid1v3"]["text"], posts["1oid1v3"]["title"]) == ("Title alone", "Title alone")


def test_reddit_lines_take_the_thread_as_said_and_the_title_from_the_first_line(desk):
    thread = {"thread": "1r38kbe", "subreddit": "programmingHungary", "created_utc": 1770937666.0, "score": 3}
    url = "https://reddit.com/r/programmingHungary/comments/1r38kbe/x/"
    desk.one(
        desk.jsonl(
            "hu.jsonl",
            [
                thread | {"id": "1r38kbe", "type": "post", "url": url, "text": "Hol a pénz??\n\nNehogy elkezdjétek"},
                thread | {"id": "1r38kbe-c0", "type": "comment", "url": url, "text": "Első sor\nmásodik"},
            ],
        )
    )
    posts = by_id(desk)
    assert posts["1r38kbe"]["title"] == "Hol a pénz??"
    assert posts["1r38kbe"]["text"] == "Hol a pénz??\n\nNehogy elkezdjétek"
    assert (posts["1r38kbe-c0"]["title"], posts["1r38kbe-c0"]["thread_id"]) == (None, "1r38kbe")


def test_raw_reddit_dumps_lose_their_prefixes(desk):
    desk.one(
        desk.jsonl(
            "RS.jsonl",
            [
                {"id": "1abc", "subreddit": "layoffs", "title": "Cut", "selftext": "", "author": "[deleted]", "created_utc": 1761652800,
                 "num_comments": 2, "removed_by_category": None, "permalink": "/r/layoffs/comments/1abc/cut/", "url": "https://news.example/story"},
                {"id": "nxyz", "subreddit": "layoffs", "body": "same here", "author": "jo", "created_utc": "1761652900",
                 "link_id": "t3_1abc", "parent_id": "t1_nwww", "permalink": "/r/layoffs/comments/1abc/cut/nxyz/"},
                {"id": "1abd", "subreddit": "layoffs", "title": "Cut", "selftext": "Long text", "author": "jo", "created_utc": 1761652800,
                 "removed_by_category": "moderator", "permalink": "/r/layoffs/comments/1abd/cut/"},
            ],
        )
    )  # fmt: skip
    assert "1abd" not in by_id(desk)
    posts = by_id(desk)
    assert (posts["1abc"]["text"], posts["1abc"]["author"], posts["1abc"]["replies"]) == ("Cut", None, 2)
    assert posts["1abc"]["url"] == "https://www.reddit.com/r/layoffs/comments/1abc/"
    assert posts["nxyz"]["url"] == "https://www.reddit.com/r/layoffs/comments/1abc/_/nxyz/"
    assert (posts["nxyz"]["thread_id"], posts["nxyz"]["parent_id"]) == ("1abc", "nwww")


def test_annotated_rows_import_with_their_thread_titles(desk):
    summary = desk.one(
        desk.jsonl(
            "gold.jsonl",
            [
                desk.tweet(1, source="x", kind="reaction", sentiment="negative", companies=["Meta"]),
                {"id": "c1", "source": "reddit", "created_at": "2025-04-26T13:15:38Z", "type": "comment", "subreddit": "r/technology",
                 "thread": "1k8cdsp", "thread_title": "Intel CEO announces layoffs", "text": "Until morale improves!", "kind": "reaction"},
            ],
        )
    )  # fmt: skip
    assert summary.unknown_columns == ("kind", "sentiment", "companies")
    comment = by_id(desk)["c1"]
    assert (comment["title"], comment["thread_id"], comment["source"]) == (
        "Intel CEO announces layoffs",
        "1k8cdsp",
        "reddit",
    )
    assert comment["text"] == "Until morale improves!"


SHARES = """Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility
2025-10-29 10:00:00,https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A7389000000000000001,"After 9 years, ""thank you"" Amazon",,,PUBLIC
2025-10-29 11:00:00 UTC,https://www.linkedin.com/feed/update/urn:li:ugcPost:7389000000000000002,"First paragraph

Second paragraph",,,PUBLIC
2025-10-29 12:00:00,https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7389000000000000003,Only for my network,,,MEMBER_NETWORK
,https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7389000000000000004,No date here,,,PUBLIC
2025-10-29 13:00:00,https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A7389000000000000005,,https://x.example,,PUBLIC
"""
COMMENTS = r"""Date,Link,Message
2025-10-29 10:00:00,https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7389000000000000009,"They called it \"rightsizing\", really"
2025-10-29 10:05:00,https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7389000000000000009,So sorry
"""


def export(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/") + ".csv", content)
    return out.getvalue()


def check_export(desk, summaries: list) -> None:
    comments, shares = sorted(summaries, key=lambda summary: summary.file)
    assert (comments.shape, comments.new, comments.error) == ("LinkedIn comments", 2, None)
    assert (shares.shape, shares.new, shares.left_out, shares.rejected) == ("LinkedIn shares", 3, 1, 1)
    assert shares.left_out_reasons == {"visible to the member's own network only": 1}
    posts = by_id(desk)
    assert posts["7389000000000000001"]["text"] == 'After 9 years, "thank you" Amazon'
    assert posts["7389000000000000002"]["created_at"] == utc(2025, 10, 29, 11)
    dateless = posts["7389000000000000004"]
    assert dateless["created_at_estimated"]
    assert dateless["created_at"] == dt.datetime.fromtimestamp((7389000000000000004 >> 22) / 1000, dt.UTC)
    texts = {post["text"]: post for key, post in posts.items() if key.startswith("h-")}
    comment = texts['They called it "rightsizing", really']
    assert (comment["thread_id"], comment["source"]) == ("7389000000000000009", "linkedin")
    assert "So sorry" in texts
    assert "Only for my network" not in str(posts)


def test_a_linkedin_export_comes_as_zip_folder_or_files(desk):
    messages = "FROM,TO,DATE,SUBJECT,CONTENT\na,b,2025-10-29 10:00:00,hi,private words\n"
    content = export(
        Shares_123=SHARES,
        Comments=COMMENTS,
        messages=messages,
        Connections="First Name\nx\n",
        Jobs__Saved_Jobs="Saved Date,Job Title\nx,y\n",
    )
    check_export(desk, desk.bring(desk.file("Complete_Export.zip", content)))
    folder = desk.another("folder")
    for name, text in {"Shares": SHARES, "Comments": COMMENTS, "messages": messages}.items():
        folder.file(f"export/{name}.csv", text)
    check_export(folder, folder.bring(folder.folder / "export"))
    single = desk.another("single")
    check_export(single, single.bring(single.file("Comments.csv", COMMENTS), single.file("Shares_9.csv", SHARES)))
    for other in (folder, single):
        assert "private words" not in str(other.posts().to_dicts())
        assert other.posts()["post_id"].to_list() == desk.posts()["post_id"].to_list()


def test_network_posts_come_in_when_the_settings_say_so(desk):
    summary = desk.one(desk.file("Shares.csv", SHARES), linkedin_network_posts=True)
    assert (summary.left_out, summary.new) == (0, 4)


def test_paragraphs_that_an_export_quoted_one_by_one_are_joined(desk):
    text = 'Date,ShareLink,ShareCommentary\n2025-10-29 10:00:00,urn:li:share:7389000000000000001,"One""\n""""\n""Two ""really"" two"\n'
    desk.one(desk.file("Shares.csv", text))
    assert desk.posts()["text"].to_list() == ['One\n\nTwo "really" two']


def test_lines_quoted_as_a_whole_are_repaired_and_what_is_beyond_repair_set_apart(desk):
    good = '2025-10-29 10:00:00,urn:li:share:7389000000000000001,"""No, really"" gone"'
    bad = "2025-10-29 10:00:00,urn:li:share:7389000000000000002,a,b,c"
    text = "Date,ShareLink,ShareCommentary\n" + "".join('"' + line.replace('"', '""') + '"\n' for line in (good, bad))
    summary = desk.one(desk.file("Shares.csv", text))
    assert (summary.new, summary.rejected) == (1, 1)
    assert desk.posts()["text"].to_list() == ['"No, really" gone']


def test_paragraphs_that_an_export_quoted_without_escaping_are_set_apart(desk):
    row = '2025-10-29 10:00:00,urn:li:share:7389000000000000001,"One"\n"Two",PUBLIC\n'
    summary = desk.one(
        desk.file(
            "Shares.csv", "Date,ShareLink,ShareCommentary,Visibility\n" + row + row.replace('One"\n"Two', "whole")
        )
    )
    assert (summary.new, summary.rejected) == (1, 2)
    assert desk.posts()["text"].to_list() == ["whole"]


def test_scraped_linkedin_posts_are_keyed_by_their_urn(desk):
    row = {"postContent": "we were 600", "postedAt": "2025-10-22T15:00:00.000Z", "authorName": "Jo Do", "numLikes": 12}
    desk.one(
        desk.file(
            "dataset.json",
            json.dumps(
                [
                    row
                    | {
                        "urn": "urn:li:activity:7386700000000000001",
                        "postUrl": "https://www.linkedin.com/posts/jo-do_x-activity-7386700000000000001-AbCd",
                    },
                    row | {"postUrl": "https://www.linkedin.com/posts/jo-do_x-activity-7386700000000000002-AbCd"},
                ]
            ),
        )
    )
    assert list(by_id(desk)) == ["7386700000000000001", "7386700000000000002"]
    assert desk.posts()["likes"].to_list() == [12, 12]
    assert "jo-do" not in str(desk.posts().to_dicts()).lower()


def test_x_api_pages_use_the_first_edit_the_long_text_and_the_reply(desk):
    page = {
        "data": [
            {
                "id": "1983000000000000009",
                "edit_history_tweet_ids": ["1983000000000000001", "1983000000000000009"],
                "text": "long one cut …",
                "note_tweet": {"text": "long one to its end"},
                "created_at": "2025-10-28T14:00:00.000Z",
                "author_id": "42",
                "lang": "en",
                "conversation_id": "1982999999999999999",
                "referenced_tweets": [
                    {"type": "quoted", "id": "1"},
                    {"type": "replied_to", "id": "1982999999999999998"},
                ],
                "public_metrics": {"retweet_count": 3, "reply_count": 2, "like_count": 1, "quote_count": 0},
            }
        ],
        "includes": {"users": [{"id": "42", "username": "jane"}]},
        "meta": {"newest_id": "1"},
    }
    summary = desk.one(desk.file("page.json", json.dumps(page)))
    assert (summary.shape, summary.new) == ("X API", 1)
    post = by_id(desk)["1983000000000000001"]
    assert (post["text"], post["parent_id"], post["thread_id"]) == (
        "long one to its end",
        "1982999999999999998",
        "1982999999999999999",
    )
    assert (post["likes"], post["replies"], post["reposts"], post["lang_hint"]) == (1, 2, 3, "en")


@pytest.mark.parametrize(
    "said",
    [
        "2025-10-29T10:00:00Z",
        "2025-10-29T12:00:00+02:00",
        "2025-10-29 10:00:00",
        "2025-10-29 10:00:00 UTC",
        "2025-10-29 10:00:00.000 GMT",
        "Wed Oct 29 10:00:00 +0000 2025",
        "Wed Oct 29 15:30:00 +0530 2025",
        "29.10.2025 10:00",
        "29. 10. 2025, 10:00:00",
        "Oct 29, 2025 at 10:00 AM",
        "October 29th, 2025 10:00:00",
        "29 Oct 2025 10:00",
        "Wed, 29 Oct 2025 12:00:00 +0200",
        "Wednesday, 29 October 2025 10:00 GMT",
        "1761732000",
        "1761732000.0",
        "1761732000000",
        "1.761732e9",
        1761732000,
        1761732000.0,
        1761732000000,
    ],
)
def test_times_are_read_in_every_form(desk, said):
    desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1, created_at=said)]))
    post = desk.posts().row(0, named=True)
    assert post["created_at"] == utc(2025, 10, 29, 10)
    assert not post["created_at_estimated"]


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("2025-11-03", None),
        ("2025-11-03 UTC", None),
        ("03.11.2025", "%d.%m.%Y"),
        ("2025-W45-1", None),
        ("20251103", None),
        ("20251103.0", None),
        (20251103, None),
        ("03.11.2025", None),
        ("3. 11. 2025", None),
        ("Nov 3, 2025", None),
        ("3 November 2025", None),
        ("Monday, 03-Nov-2025", None),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_date_alone_is_noon_of_its_day_and_marked_as_estimated(desk, said, form, zone):
    """A Monday stays in its week, east of UTC too."""
    mapping = {"a": {"files": "*", "timezone": zone, "date_format": form}}
    desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1, created_at=said)]), mapping=mapping)
    post = desk.posts().row(0, named=True)
    assert (post["created_at"], post["created_at_estimated"]) == (utc(2025, 11, 3, 12), True)
    assert post["week"] == dt.date(2025, 11, 3)


def test_a_format_with_a_time_of_day_is_read_in_its_zone(desk):
    mapping = {"a": {"files": "*", "timezone": "Asia/Tokyo", "date_format": "%d.%m.%Y %I:%M %p"}}
    desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1, created_at="29.10.2025 07:00 PM")]), mapping=mapping)
    post = desk.posts().row(0, named=True)
    assert (post["created_at"], post["created_at_estimated"]) == (utc(2025, 10, 29, 10), False)


TWEET = 1983000000000000001
TWEET_AT = dt.datetime.fromtimestamp(((TWEET >> 22) + 1_288_834_974_657) / 1000, dt.UTC)


def test_a_tweet_without_a_time_has_that_of_its_id(desk):
    rows = [
        {"id": str(TWEET), "full_text": "cut …", "extended_tweet": {"full_text": "whole"}, "retweet_count": 1},
        {"id": "20", "full_text": "before ids held times", "retweet_count": 1},
    ]
    summary = desk.one(desk.jsonl("tweets.jsonl", rows), source="x")
    assert (summary.new, summary.rejected) == (1, 1)
    post = by_id(desk)[str(TWEET)]
    assert (post["created_at"], post["created_at_estimated"]) == (TWEET_AT, False)
    assert post["text"] == "whole"


@pytest.mark.parametrize(
    "client", ["Twitter for iPhone", "Hootsuite Inc.", '<a href="https://x.com" rel="nofollow">Buffer</a>']
)
def test_the_program_a_tweet_was_written_with_is_no_platform(desk, client):
    rows = [
        {"id": str(TWEET), "text": "laid off", "source": client},
        {"id": str(TWEET + 1), "text": "gone", "source": "TweetDeck"},
    ]
    summary = desk.one(desk.jsonl("export.jsonl", rows))
    assert (summary.new, summary.platforms, summary.platform_guessed_from) == (2, ("x",), "the file's columns")


def test_a_slip_in_a_platforms_name_is_refused_and_a_platform_of_ones_own_taken(desk):
    path = desk.jsonl("a.jsonl", [{"date": "2025-10-29", "text": "laid off"}])
    for slip, meant in {"redit": "reddit", "twiter": "twitter", "glassdor": "glassdoor"}.items():
        with pytest.raises(UsageError, match=f'did you mean "{meant}"'):
            desk.one(path, source=slip)
    summary = desk.one(path, source="works-council")
    assert (summary.new, summary.platforms, summary.platform_guessed_from) == (1, ("works-council",), None)
    assert desk.one(path, source="Hacker-News").platforms == ("hackernews",)


def test_a_platform_guessed_from_the_files_name_is_told(desk):
    assert desk.one(desk.jsonl("tweets.jsonl", [desk.tweet(1)])).platform_guessed_from == "the file's name"
