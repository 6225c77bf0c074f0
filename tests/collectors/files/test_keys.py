"""Which post a row is: by its id, by its link, by its address, or by what it holds."""

import pytest


def by_id(desk) -> dict:
    return {post["post_id"]: post for post in desk.posts().iter_rows(named=True)}


TWEET = 1983000000000000001


_COMMENT_OF = "urn%3Ali%3Acomment%3A%28activity%3A7389000000000000009%2C73890000000000000{}%29"


_POST = "https://www.linkedin.com/feed/update/urn:li:activity:7389000000000000009"


@pytest.mark.parametrize(
    ("source", "row", "links", "key"),
    [
        ("x", {"id": str(TWEET)}, [f"https://{site}/jane/status/{TWEET}?s=20" for site in
            ("x.com", "mobile.twitter.com", "fxtwitter.com", "vxtwitter.com", "nitter.privacydev.net", "xcancel.com")], str(TWEET)),
        ("reddit", {"id": "t3_1abc"}, ["https://old.reddit.com/r/jobs/comments/1abc/title/", "https://redd.it/1abc"], "1abc"),
        ("reddit", {"id": "t1_n2", "link_id": "t3_1abc"}, ["https://www.reddit.com/r/jobs/comments/1abc/title/n2/?context=3",
            "/r/jobs/comments/1abc/comment/n2/"], "n2"),
        ("hackernews", {"objectID": "77"}, ["https://news.ycombinator.com/item?id=77"], "77"),
        ("bluesky", {"uri": "at://did:plc:abc/app.bsky.feed.post/3K-x"}, ["https://bsky.app/profile/did:plc:abc/post/3K-x"],
            "at://did:plc:abc/app.bsky.feed.post/3K-x"),
        ("mastodon", {"id": "5", "uri": "https://m.example/users/jane/statuses/9"}, ["https://m.example/@jane/9"],
            "https://m.example/api/v1/statuses/9"),
        ("linkedin", {"urn": "urn:li:activity:7389000000000000009"}, [_POST, "https://www.linkedin.com/posts/jane-doe_x-activity-7389000000000000009-AbCd"],
            "7389000000000000009"),
        ("linkedin", {"urn": "urn:li:comment:(activity:7389000000000000009,7389000000000000010)"},
            [f"{_POST}?commentUrn={_COMMENT_OF.format(10)}"], "7389000000000000010"),
        ("linkedin", {"id": "7389000000000000011"}, [f"{_POST}?commentUrn={_COMMENT_OF.format(10)}&replyUrn={_COMMENT_OF.format(11)}"],
            "7389000000000000011"),
    ],
)  # fmt: skip
def test_a_post_known_by_its_link_is_the_one_known_by_its_id(desk, source, row, links, key):
    said = {"created_at": "2025-10-29T10:00:00Z", "text": "laid off"}
    desk.one(desk.jsonl("by_id.jsonl", [said | row]), source=source)
    by_link = desk.one(desk.jsonl("by_link.jsonl", [said | {"url": link} for link in links]), source=source)
    assert (by_link.new, by_link.rejected) == (0, 0)
    (post,) = desk.posts().to_dicts()
    assert post["post_id"] == key
    assert "jane" not in str(post)


def test_comments_that_come_with_the_link_of_their_thread_stay_many(desk):
    link = "https://www.reddit.com/r/jobs/comments/1abc/title/"
    said = {"created_utc": 1761652800, "url": link}
    typed = [said | {"type": "comment", "text": text} for text in ("one", "two")]
    untyped = [said | {"text": text} for text in ("three", "four", "five")]
    assert desk.one(desk.jsonl("typed.jsonl", typed), source="reddit").new == 2
    assert desk.one(desk.jsonl("untyped.jsonl", untyped), source="reddit").new == 3
    answers = [
        {"parent_id": "77", "url": "https://news.ycombinator.com/item?id=77", "date": "2025-10-29", "text": "six"}
    ]
    assert desk.one(desk.jsonl("hn.jsonl", answers), source="hackernews").new == 1
    assert desk.posts().filter(source="hackernews")["post_id"].str.starts_with("h-").all()


@pytest.mark.parametrize("batch_rows", [2, 50_000])
def test_a_link_with_several_texts_is_the_id_of_the_first_however_the_file_grows(desk, batch_rows):
    said = [(f"AB{n:03d}", f"text {n}") for n in range(10)] + [("AB000", "a comment")]
    grown = said + [("AB000", f"comment {n}") for n in range(4)] + [("AB007", "text 7")]
    rows = [
        {"url": f"https://www.instagram.com/p/{name}/", "text": text, "created_at": "2025-10-28T10:00Z"}
        for name, text in grown
    ]
    first = desk.one(desk.jsonl("posts.jsonl", rows[: len(said)]), source="instagram", batch_rows=batch_rows)
    again = desk.one(desk.jsonl("posts.jsonl", rows), source="instagram", batch_rows=batch_rows)
    assert (first.new, again.new, again.duplicate) == (11, 4, 12)
    posts = {post["text"]: post for post in desk.posts().to_dicts()}
    assert [posts[f"text {n}"]["post_id"] for n in range(10)] == [f"AB{n:03d}" for n in range(10)]
    assert {posts[f"comment {n}"]["thread_id"] for n in range(4)} == {"AB000"}


def _thread(place: str, said: str, when: str) -> dict:
    return {"url": f"https://www.instagram.com/p/{place}/", "text": said, "created_at": when}


@pytest.mark.parametrize("times", [("10:00", "11:00"), ("10:00", "10:00"), ("", "")])
@pytest.mark.parametrize("source", ["instagram", "reddit"])
def test_a_file_with_the_comment_alone_leaves_the_post_where_it_is(desk, times, source):
    link = {
        "instagram": "https://www.instagram.com/p/AB/",
        "reddit": "https://www.reddit.com/r/jobs/comments/1ab/cut/",
    }
    day, (first, second) = "2025-10-28", times
    post = {"url": link[source], "text": "They cut 400 of us @jane", "created_at": f"{day} {first}".strip()}
    comment = {"url": link[source], "text": "So sorry, @joe", "created_at": f"{day} {second}".strip()}
    both, alone = desk.jsonl("both.jsonl", [post, comment]), desk.jsonl("alone.jsonl", [comment])
    assert desk.one(both, source=source).new == 2
    before = desk.posts()
    summary = desk.one(alone, source=source)
    assert (summary.new, summary.changed, summary.duplicate) == (0, 0, 1)
    for path in (both, alone, both):
        assert desk.one(path, source=source).duplicate == (2 if path is both else 1)
    assert desk.posts().drop("query").equals(before.drop("query"))


@pytest.mark.parametrize("times", [("2025-10-28T10:00Z", "2025-10-28T11:00Z"), ("2025-10-28", "2025-10-28")])
def test_a_comment_that_comes_before_or_after_its_post_loses_neither(desk, times):
    files = [
        desk.jsonl("post.jsonl", [_thread("AB", "They cut us", times[0])]),
        desk.jsonl("comment.jsonl", [_thread("AB", "So sorry", times[1])]),
        desk.jsonl("both.jsonl", [_thread("AB", "They cut us", times[0]), _thread("AB", "So sorry", times[1])]),
    ]
    for number, order in enumerate(((0, 1), (1, 0), (0, 1, 2), (1, 2, 0), (2, 1, 0))):
        other = desk.another(f"order-{number}")
        new = [other.one(files[at], source="instagram").new for at in order]
        assert sorted(other.posts()["text"]) == ["So sorry", "They cut us"]
        assert sum(new) == 2
        before = other.posts()
        assert (
            sum(
                summary.new + summary.changed
                for summary in other.bring(*(files[at] for at in order), source="instagram")
            )
            == 0
        )
        assert other.posts().drop("query").equals(before.drop("query"))


def test_an_edit_under_the_same_link_is_one_post_where_its_time_of_writing_is_stated(desk):
    first = desk.jsonl("first.jsonl", [_thread("AB", "They cut us", "2025-10-28T10:00:00Z")])
    edited = [_thread("AB", "They cut us. Edit: thanks", "2025-10-28T10:00:00.400Z") | {"retrieved_at": "2025-11-09"}]
    desk.one(first, source="instagram")
    assert desk.one(desk.jsonl("edited.jsonl", edited), source="instagram").changed == 1
    assert desk.one(first, source="instagram").duplicate == 1
    assert desk.posts()["text"].to_list() == ["They cut us. Edit: thanks"]


def test_accounts_that_are_kept_since_make_no_other_text(desk):
    rows = [_thread("AB", "Thanks for nothing @acme and @joe", "2025-10-28")]
    files = [desk.jsonl("a.jsonl", rows), desk.jsonl("b.jsonl", [*rows, _thread("CD", "Gone", "2025-10-28")])]
    desk.bring(*files, source="instagram")
    desk.bring(*files, source="instagram", keep_handles=frozenset({"acme"}))
    assert sorted(desk.posts()["text"]) == ["Gone", "Thanks for nothing @acme and @user"]


def test_a_file_of_links_read_anew_mends_its_posts_in_place(desk):
    rows = "".join(f"https://www.instagram.com/p/AB{n}/,text {n},note {n},2025-10-28\n" for n in range(6))
    path = desk.file("posts.csv", f"url,text,note,date\n{rows}")
    mapping = {"m": {"files": "*.csv", "source": "instagram", "columns": {"text": "note"}}}
    desk.one(path, mapping=mapping, batch_rows=2)
    mapping["m"]["columns"]["text"] = "text"
    assert desk.one(path, mapping=mapping, batch_rows=2).changed == 6
    assert [(post["post_id"], post["text"]) for post in desk.posts().to_dicts()] == [
        (f"AB{n}", f"text {n}") for n in range(6)
    ]


def test_addresses_of_other_servers_of_the_network_are_the_ids_of_their_posts(desk):
    pleroma = "https://pleroma.example/objects/0f5a6b7c-1111-2222-3333-444455556666"
    rows = [
        {"id": "Aabc123", "uri": pleroma, "url": "https://pleroma.example/notice/Aabc123"},
        {"id": "115449", "uri": "https://misskey.example/notes/9xyzabcdef", "url": None},
        {"id": "7", "uri": "tag:m.example,2016:7", "url": None},
    ]
    said = {"content": "<p>laid off</p>", "created_at": "2025-10-28T10:00:00Z"}
    desk.one(desk.jsonl("toots.jsonl", [row | said for row in rows]), source="mastodon")
    assert desk.posts()["post_id"].to_list() == ["7", "https://misskey.example/notes/9xyzabcdef", pleroma]


def test_reddits_comments_without_their_threads_are_no_submissions(desk):
    comments = "id,subreddit,body,created_utc,score\nnk5abcd,Layoffs,They laid us all off\tand left,1761700000,5\n"
    desk.one(desk.file("comments.csv", comments))
    text = "id,subreddit,title,body,created_utc\n1abc,Layoffs,Cut,They cut us,1761700000\n"
    desk.one(desk.file("posts.csv", text))
    posts = by_id(desk)
    assert (posts["nk5abcd"]["thread_id"], posts["1abc"]["thread_id"]) == (None, "1abc")


def test_a_linkedin_comment_keeps_its_own_urn_and_its_thread(desk):
    link = f"{_POST}?commentUrn={_COMMENT_OF.format(10)}"
    desk.one(desk.file("Comments.csv", f"Date,Link,Message\n2025-10-29 10:00:00,{link},So sorry\n"))
    (post,) = desk.posts().to_dicts()
    assert (post["post_id"], post["thread_id"]) == ("7389000000000000010", "7389000000000000009")


def test_rows_without_id_are_keyed_by_what_they_hold(desk):
    path = desk.file("posts.csv", "date,text\n2025-10-28,a\n2025-10-28,b\n2025-10-28,a\n")
    summary = desk.one(path, source="blind")
    assert (summary.new, summary.duplicate) == (2, 1)
    assert desk.one(path, source="blind").duplicate == 3


@pytest.mark.parametrize("columns", ["date,title", "date,title,text", "date,text,title"])
def test_rows_without_id_that_differ_in_their_title_alone_stay_many(desk, columns):
    rest = {"date,title": "", "date,title,text": ",Read on", "date,text,title": ""}[columns]
    titles = ["Acme cuts 40 jobs", "Globex closes a plant", "Initech lays off 7"]
    lead = "Read on," if columns == "date,text,title" else ""
    path = desk.file("news.csv", f"{columns}\n" + "".join(f"2025-10-28,{lead}{title}{rest}\n" for title in titles))
    assert desk.one(path, source="blind").new == 3
    assert sorted(desk.posts()["title"]) == titles
    backwards = desk.file("back.csv", f"{columns}\n" + "".join(f"2025-10-28,{lead}{t}{rest}\n" for t in titles[:0:-1]))
    assert desk.one(backwards, source="blind").duplicate == 2


@pytest.mark.parametrize("date", ["2025-10-28", "2025-10-28 10:00"])
def test_the_same_words_of_two_authors_at_one_time_are_two_posts(desk, date):
    path = desk.file("posts.csv", f"date,author,text\n{date},ann,laid off\n{date},bob,laid off\n{date},@Ann,laid off\n")
    summary = desk.one(path, source="blind")
    assert (summary.new, summary.duplicate) == (2, 1)
    half = desk.file("half.csv", f"author,text,date\nbob,laid off,{date}\n")
    assert desk.one(half, source="blind").duplicate == 1
    assert desk.one(path, source="blind").duplicate == 3


def test_keys_hang_on_the_secret_where_there_is_an_author_alone(desk, monkeypatch):
    named = desk.file("named.csv", "date,author,text\n2025-10-28 10:00,ann,a\n")
    nameless = desk.file("nameless.csv", "date,author,text\n2025-10-28T10:01:00Z,,a\n")
    assert [summary.new for summary in desk.bring(named, nameless, source="blind")] == [1, 1]
    monkeypatch.setenv("LAYOFFS_SECRET", "another secret of 16")
    assert [summary.new for summary in desk.bring(named, nameless, source="blind")] == [1, 0]


def test_a_permalink_mapped_to_the_id_becomes_the_platforms_own(desk):
    """As in the example of config.toml."""
    link = "https://www.linkedin.com/posts/jane-doe_layoffs-activity-7389000000000000001-AbCd"
    columns = {"post_id": "Permalink", "created_at": "Published", "text": "Message", "author": "Profile"}
    mapping = {"agency": {"files": "agency-*.csv", "source": "linkedin", "columns": columns}}
    path = desk.file("agency-1.csv", f"Permalink,Published,Message,Profile\n{link},2025-10-28,Gone,Jane Doe\n")
    assert desk.one(path, mapping=mapping).new == 1
    assert desk.posts()["post_id"].to_list() == ["7389000000000000001"]
    other = desk.another("x")
    mapping["agency"]["source"] = "x"
    other.one(
        other.file("agency-1.csv", path.read_text().replace(link, "https://x.com/janedoe/status/77")), mapping=mapping
    )
    assert other.posts()["post_id"].to_list() == ["77"]
