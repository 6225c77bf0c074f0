"""Reddit's JSON: listings, threads and look-ups as pages of posts. Pure."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from collectors.source import Found, Gap, Lookup, Page, StoredKey, Window
from collectors.terms import packed, quoted
from collectors.wire import Transient, identifier, integer, read_each, server_time, text, titled, utc_from_seconds
from store import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

#: What stands in place of a text, title or author that is gone, from Reddit and in dumps.
GONE: Final = r"(?i)^\s*\[\s?(?:deleted|removed)(?: by [\w ]+)?\s?\]\s*$"
FOLDED_PAGE: Final = 100  # ids that one look-up takes
_FOLDED: Final = 1_000  # comments of a thread that are unfolded, in ten requests of the hundred a minute
_LAST: Final = 5  # items that show where a listing ends: one alone may be an old one among new ones
_QUERY_LENGTH = 512
_ID: Final = re.compile(r"[0-9a-z]+")
_LINK: Final = re.compile(r"(?:/comments/|//redd\.it/)(?P<thread>[0-9a-z]+)(?:/[^/]*/(?P<comment>[0-9a-z]+))?")
_PERMALINK: Final = re.compile(r"(/(?:r|user)/[\w.-]+/comments/[0-9a-z]+)(?:/[^/?#]*(?:/(?P<comment>[0-9a-z]+))?)?/?")


class Position(NamedTuple):
    """Where a stream stands."""

    after: str | None = None
    """Where the listing goes on."""
    shown: int = 0
    """Items of the listing so far."""
    old_pages: int = 0
    last: tuple[float, ...] = ()
    """When the last `_LAST` of these were written, in seconds since 1970: how far the listing goes."""
    threads: tuple[str, ...] = ()
    """Threads whose comments are still to be read."""
    folded: tuple[str, ...] = ()
    """Comments of the first of them that Reddit folded away."""

    @classmethod
    def read(cls, token: str | None) -> Position:
        """From a page token."""
        known = json.loads(token) if token else {}
        return cls(**{name: _tuples(value) for name, value in known.items() if name in cls._fields})

    def token(self) -> str | None:
        """As a page token; None where nothing is left."""
        return json.dumps(self._asdict()) if self.threads or self.after else None

    def past_thread(self) -> Position:
        """After the first thread."""
        return self._replace(threads=self.threads[1:], folded=())


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def search_queries(layoff_words: Mapping[str, Sequence[str]]) -> list[str]:
    """One search per language, or several where its words are too many for one: Reddit takes OR and quotes, and about 512 characters.

    Raises ConfigError for a word that is too long by itself.
    """
    for language, words in layoff_words.items():
        if too_long := [word for word in words if len(quoted(word)) > _QUERY_LENGTH]:
            raise ConfigError(
                f'Reddit takes no search of more than {_QUERY_LENGTH} characters: shorten "{too_long[0]}" '
                f"in sources.layoff_words.{language} in config.toml."
            )
    return [query for words in layoff_words.values() for query in packed(map(quoted, words), _QUERY_LENGTH)]


def read_listing(
    answer: Any, position: Position, window: Window, *, cap: int, threads: bool, headers: Mapping[str, str]
) -> Page:
    """A page of a listing.

    Old posts turn up among new ones (praw#2090), so a stream ends only after two whole pages older than its floor. Where it ends
    by itself, with as many items as listings are cut at and not all of its last ones older than the floor, older posts are missing: a gap.
    One that ends before that with nothing may have lost the post that it was to go on from: Reddit shows nothing behind one that was removed.
    """
    items, after = things(answer)
    posts, malformed = read_each(items, read_thing)
    shown = position.shown + len(items)
    whole_page_old = bool(posts) and all(post.created_at < window.floor for post in posts)
    old_pages = position.old_pages + 1 if whole_page_old else 0
    done = after is None or old_pages >= 2
    last = (*position.last, *(post.created_at.timestamp() for post in posts))[-_LAST:]
    above = [moment for moment in last if moment > window.floor.timestamp()]
    gap = None
    if after is None and shown >= cap and above:
        end = dt.datetime.fromtimestamp(min(above), dt.UTC)
        gap = Gap(window.floor, end, f"the listing ended after {shown} items")
    talked_about = tuple(post.post_id for post in posts if threads and post.replies and post.created_at >= window.floor)
    onward = Position(None if done else after, shown, old_pages, last, talked_about)
    return Page(
        posts,
        onward.token(),
        malformed,
        gap=gap,
        shown=len(items),
        server_time=server_time(headers),
        adrift=done and not items and position.after is not None and shown < cap,
    )


def read_thread(answer: Any, position: Position, *, headers: Mapping[str, str]) -> Page:
    """The comments below one post; those that Reddit folds away come next, by their ids, 100 a request.

    What can't be a thread is put aside: the listing behind it must not wait for it.
    """
    thread = position.threads[0]
    try:
        items, _ = things(answer[1])
    except (Transient, LookupError, TypeError):
        return without_thread(position, "Reddit answered with JSON that is no thread", headers=headers)
    page = _comments(items, thread)
    folded = [child for item in items for child in _folded(item)]
    left_out = (f"thread {thread}: {len(folded) - _FOLDED} folded comments are left out",) * (len(folded) > _FOLDED)
    onward = position._replace(folded=tuple(folded[:_FOLDED])) if folded else position.past_thread()
    return replace(
        page,
        next_token=onward.token(),
        malformed=page.malformed + left_out,
        server_time=server_time(headers),
        doubtful=not items,
    )


def read_folded(answer: Any, position: Position, *, headers: Mapping[str, str]) -> Page:
    """The first `FOLDED_PAGE` of the folded comments of a thread; those deleted since are not in the answer."""
    page = _comments(things(answer)[0], position.threads[0])
    rest = position.folded[FOLDED_PAGE:]
    onward = position._replace(folded=rest) if rest else position.past_thread()
    return replace(page, next_token=onward.token(), server_time=server_time(headers), proven=True)


def without_thread(position: Position, reason: str, *, headers: Mapping[str, str]) -> Page:
    """The page of a thread that can't be read: the reason is counted, and the next one follows."""
    said = f"thread {position.threads[0]}: {reason}"
    return Page((), position.past_thread().token(), (said,), server_time=server_time(headers))


def _comments(items: Sequence[Any], thread: str) -> Page:
    """Comments of a thread; one that says that it is of another is put aside, and all of them are another answer."""
    posts, malformed = read_each(items, read_thing)
    own = tuple(post for post in posts if post.thread_id == thread)
    if posts and not own:
        raise Transient("Reddit answered with another thread")
    strangers = (f"a comment in thread {thread} says that it is of another",) * (len(posts) - len(own))
    return Page(own, malformed=malformed + strangers, shown=len(items))


def _folded(item: Any) -> list[str]:
    data = item.get("data") if isinstance(item, dict) and item.get("kind") == "more" else None
    children = data.get("children") if isinstance(data, dict) else None
    return [child for child in children if isinstance(child, str)] if isinstance(children, list) else []


def read_thing(item: Any) -> Found | None:
    """A post (t3) or comment (t1); None for what was removed, and for a folded branch of comments (more)."""
    kind, data = item["kind"], item["data"]
    if kind == "more" or _removed(data):
        return None
    comment = kind == "t1"
    own_id = identifier(data["id"], "id")
    author, title = data.get("author"), data.get("link_title" if comment else "title")
    return Found(
        post_id=own_id,
        created_at=utc_from_seconds(data["created_utc"], "created_utc"),
        text=text(data["body"], "body") if comment else titled(text(data["title"], "title"), data.get("selftext")),
        author=None if author is None or _gone(author) else text(author, "author"),
        thread_id=bare(data.get("link_id")) if comment else own_id,
        parent_id=bare(data.get("parent_id")) if comment else None,
        url=_link(data.get("permalink")),
        community=data.get("subreddit"),
        title=title if isinstance(title, str) else None,
        likes=integer(data.get("score")),
        replies=integer(data.get("num_comments")),
    )


def _link(permalink: Any) -> str | None:
    """A link without the title, which Reddit puts into it and nothing could mask: it finds posts and comments by their ids."""
    known = _PERMALINK.fullmatch(permalink) if isinstance(permalink, str) else None
    if known is None:
        return None
    comment = known["comment"]
    return f"https://www.reddit.com{known[1]}/" + (f"_/{comment}/" if comment else "")


def bare(fullname: Any) -> str | None:
    """An id without its kind (t1_, t3_), as it is stored from dumps too."""
    return fullname.partition("_")[2] or None if isinstance(fullname, str) else None


def kind_of(post: StoredKey) -> str | None:
    """Whether a stored post is a submission (t3) or a comment (t1), which number by themselves; None where nothing shows it.

    Its link shows it, or a thread other than itself. That its thread is itself shows nothing: rows of dumps say so of comments too.
    """
    link = _LINK.search(post.url or "")
    if link and post.post_id in link.groups():
        return "t1" if link["comment"] == post.post_id else "t3"
    return "t1" if _ID.fullmatch(post.thread_id or "") and post.thread_id != post.post_id else None


def read_lookup(items: Sequence[Any], asked: AbstractSet[str]) -> Lookup:
    """What became of the posts with these ids. One that is shown but can't be read is there."""
    alive, _ = read_each(items, read_thing)
    shown = frozenset(read_each(items, _own_id)[0])
    deleted = frozenset(read_each(items, lambda item: _own_id(item) if _removed(item["data"]) else None)[0])
    accounts_gone = frozenset(
        read_each(items, lambda item: _own_id(item) if _gone(item["data"]["author"]) else None)[0]
    )
    present = (shown & asked) - deleted - {post.post_id for post in alive}
    return Lookup(alive, deleted, frozenset(asked - shown), present, accounts_gone - deleted)


def _own_id(item: Any) -> str:
    return identifier(item["data"]["id"], "id")


def _removed(data: Mapping[str, Any]) -> bool:
    body = data.get("body", data.get("selftext"))
    # What is left of a removed post is its title, unless that is gone too.
    return data.get("removed_by_category") is not None or _gone(body) or (not body and _gone(data.get("title")))


def _gone(said: Any) -> bool:
    return isinstance(said, str) and re.match(GONE, said) is not None


def things(answer: Any) -> tuple[list[Any], str | None]:
    """The items of a listing and where it goes on. Raises Transient where it is none."""
    try:
        data = answer["data"]
        children, after = data["children"], data.get("after")
    except (KeyError, TypeError):
        raise Transient("Reddit answered with JSON that is no listing") from None
    if not isinstance(children, list):
        raise Transient("Reddit answered with a listing without items")
    return children, after if isinstance(after, str) else None
