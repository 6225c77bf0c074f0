"""Nothing private is stored: names are masked, and messages that were not public are refused."""

import io
import json
import zipfile

import pytest

from tests.stored_files import holders_of


def test_names_and_addresses_are_masked_before_anything_is_stored(desk):
    text = "thanks @jane_roe and @amazon, mail jane@roe.org"
    desk.one(
        desk.jsonl("tweets.jsonl", [desk.tweet(1, text=text, author="jane_roe")]), keep_handles=frozenset({"amazon"})
    )
    post = desk.posts().row(0, named=True)
    assert "jane" not in str(post)
    assert "@amazon" in post["text"]
    assert holders_of("@amazon", desk.folder / "data")
    assert holders_of("jane", desk.folder / "data") == []


@pytest.mark.parametrize("source", ["mastodon", "hackernews"])
def test_names_in_html_are_masked(desk, source: str):
    text = '<p>sorry <a href="https://m.example/@janedoe">@<span>janedoe</span></a></p><p>R&amp;D is gone</p>'
    desk.one(desk.jsonl("dump.jsonl", [desk.tweet(1, text=text)]), source=source)
    assert desk.posts()["text"].to_list() == ["sorry @user\nR&D is gone"]


_DM = {"recipientId": "2", "text": "between us", "senderId": "1", "id": "99", "createdAt": "2025-10-28T10:00:00.000Z"}


_CONVERSATION = {"dmConversation": {"conversationId": "1-2", "messages": [{"messageCreate": _DM}]}}


_LINKEDIN_MESSAGES = "CONVERSATION ID,FROM,TO,DATE,SUBJECT,CONTENT\n2-1,Ada,Bob,2025-10-28 09:00:00 UTC,,between us\n"


_CHAT = {
    "id": 1,
    "type": "message",
    "date": "2025-10-28T10:00:00",
    "from": "Ada",
    "from_id": "user1",
    "text": "between us",
}


_PRIVATE = {
    "posts.csv": _LINKEDIN_MESSAGES,
    "no-recipient.csv": _LINKEDIN_MESSAGES.replace("TO,", "").replace("Bob,", ""),
    "reddit.csv": "id,permalink,thread_id,date,ip,from,to,subject,body\n1,,,2025-10-28,,a,b,hi,between us\n",
    "chat.csv": "message_id,created_at,username,message,channel_url,subreddit,channel_name,conversation_type\n1,2025-10-28,a,between us,u,,,direct\n",
    "direct-messages.js": f"window.YTD.direct_messages.part0 = {json.dumps([_CONVERSATION])}",
    "tweets.json": f"window.YTD.direct_messages_group.part0 = {json.dumps([_CONVERSATION])}",
    "stripped.json": json.dumps([_CONVERSATION]),
    "flat.jsonl": json.dumps(_DM),
    "api.jsonl": json.dumps({"id": "1", "text": "between us", "dm_conversation_id": "1-2", "created_at": "2025-10-28"}),
    "old-api.jsonl": json.dumps(
        {"id": "1", "text": "x", "message_create": {"sender_id": "1"}, "created_at": "2025-10-28"}
    ),
    "facebook.json": json.dumps([{"sender_name": "Ada", "timestamp_ms": 1761700000000, "content": "between us"}]),
    "instagram.csv": "sender_name,timestamp,content\nAda,1761700000,between us\n",
    "mail.csv": "from,date,subject,body\nada,2025-10-28,hi,between us\n",
    "telegram.json": json.dumps([_CHAT]),
    "telegram.csv": "id,type,date,from,from_id,text\n1,message,2025-10-28T10:00:00,Ada,user1,between us\n",
}


@pytest.mark.parametrize("name", _PRIVATE)
@pytest.mark.parametrize("way", ["plain", "zip", "mapped"])
def test_private_messages_are_refused_by_their_columns_whatever_the_file_is_called(desk, name: str, way: str):
    if way == "zip":
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(name.replace(".js", ".json") if name.endswith(".js") else name, _PRIVATE[name])
        (summary,) = desk.bring(desk.file("all.zip", content.getvalue()), source="x")
    else:
        mapping = {"a": {"files": "*", "source": "x"}} if way == "mapped" else {}
        summary = desk.one(desk.file(name, _PRIVATE[name]), source="x", mapping=mapping)
    assert "private messages" in summary.error
    assert "between us" not in summary.error
    assert summary.reject_file is None
    assert desk.posts().is_empty()


@pytest.mark.parametrize("batch_rows", [1, 3, 50_000])
@pytest.mark.parametrize("tell", ["recipient_id", "chat", "apart"])
def test_private_messages_that_only_a_late_row_tells_leave_nothing_behind(desk, batch_rows, tell):
    """Neither posts nor rejected rows of the batches before, also in files that hold nothing."""
    rows = [desk.tweet(n, text=f"between us {n}") for n in range(7)]
    rows[1] = {"text": "between us, without a time"}
    if tell == "recipient_id":
        rows[6]["recipient_id"] = "77"
    elif tell == "chat":
        rows = [row | {"type": "service", "from_id": "channel1"} for row in rows]
        rows[6] |= {"type": "message", "from_id": "user1"}
    else:
        rows[0]["sender"], rows[6]["conversation_id"] = "ada", "1-2"
    summary = desk.one(desk.jsonl("posts.jsonl", rows), source="blind", batch_rows=batch_rows)
    assert "private messages" in summary.error
    assert (summary.seen, summary.reject_file) == (0, None)
    assert desk.posts().is_empty()
    written = [path for path in desk.folder.rglob("*") if path.is_file() and path.name != "posts.jsonl"]
    assert not any(b"between us" in path.read_bytes() for path in written)
    assert not list(desk.store.imports_folder().rglob("*"))


def test_public_posts_with_a_conversation_or_an_addressee_are_no_private_messages(desk):
    api = desk.tweet(1) | {"conversation_id": "1", "in_reply_to_user_id": "5", "to_user": "bob", "from_user": "ada"}
    assert desk.one(desk.jsonl("tweets.jsonl", [api])).new == 1
    scraped = "date,username,to,replies,retweets,text,id\n2025-10-28,ada,bob,0,1,laid off,7\n"
    assert desk.one(desk.file("tweets.csv", scraped)).new == 1
    channel = _CHAT | {"from_id": "channel1"}
    assert desk.one(desk.jsonl("channel.jsonl", [channel]), source="telegram").new == 1
    page = {"id": "1_2", "from": {"name": "Acme", "id": "1"}, "message": "laid off", "created_time": "2025-10-28"}
    columns = {"m": {"files": "page*", "columns": {"created_at": "created_time"}}}
    assert desk.one(desk.jsonl("page.jsonl", [page]), source="facebook", mapping=columns).new == 1
