"""Reading a platform's JSON without trusting it: one broken post must not cost the page."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from collectors.source import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
_BREAK = re.compile(r"<br\s*/?>|</p>\s*<p>|<p>|</p>|</li>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_BLANK_LINES = re.compile(r"\n{3,}")
_SURROGATE = re.compile("[\ud800-\udfff]")  # half of a character: legal in JSON, in no encoding
_LARGEST: Final = 2**63 - 1  # of a column of counts
_COUNTS: Final = ("likes", "replies", "reposts")


class MalformedPost(ValueError):  # noqa: N818  # named for what it is about
    """One post lacks what every post has; the rest of its page is fine."""


def read_each(items: Iterable[Any], read: Callable[[Any], T | None]) -> tuple[tuple[T, ...], tuple[str, ...]]:
    """What `read` makes of each item, and the reasons for those it refused. None is neither: nothing to store.

    A post comes out as a table can hold it: half characters are replaced, and what is of another type than its column is left out.
    """
    read_items: list[T] = []
    reasons: list[str] = []
    for item in items:
        try:
            value = _storable(read(item))
        except MalformedPost as error:
            reasons.append(str(error))
        except KeyError as error:
            reasons.append(f"{error.args[0]} is missing")
        except (TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            reasons.append(f"{type(error).__name__} while reading a post of type {type(item).__name__}")
        else:
            if value is not None:
                read_items.append(value)
    return tuple(read_items), tuple(reasons)


def _storable(value: T) -> T:
    if not isinstance(value, Found):
        return value
    identifier(value.post_id, "id")
    text(value.text, "text")
    mended: dict[str, Any] = {
        name: kept
        for name, keep, said in zip(Found._fields, _KEEP, value, strict=True)
        if said is not None and (kept := keep(said)) is not said
    }
    return cast("T", value._replace(**mended)) if mended else value


def _word(value: Any) -> str | None:
    """Text or a number as text; None for an object, a list or the like."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def text(value: Any, name: str) -> str:
    """A string; MalformedPost for anything else."""
    if not isinstance(value, str):
        raise MalformedPost(f"{name} is {type(value).__name__}, not text")
    return value


def titled(title: str, body: Any) -> str:
    """The whole of a thread's first post: its title, then its text, the title not doubled where the text begins with it."""
    title, body = title.strip(), body.strip() if isinstance(body, str) else ""
    if not body or not title:
        return title or body
    return body if body.startswith(title) else f"{title}\n\n{body}"


def identifier(value: Any, name: str) -> str:
    """An id as text; MalformedPost if there is none."""
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).strip():
        raise MalformedPost(f"{name} is missing")
    return str(value)


def integer(value: Any) -> int | None:
    """A count, or None where the platform sent something else, or more than a column can hold."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST else None


def _as_it_is(value: Any) -> Any:
    return value


#: What a column of `Found` can hold, field by field.
_KEEP: Final = tuple(
    integer if name in _COUNTS else _as_it_is if name == "created_at" else _word for name in Found._fields
)


def utc_from_iso(value: Any, name: str) -> dt.datetime:
    """UTC from an ISO 8601 time; MalformedPost for anything else, also for one without a zone."""
    try:
        moment = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise MalformedPost(f"{name} is no ISO 8601 time") from None
    if moment.tzinfo is None:
        raise MalformedPost(f"{name} carries no time zone")
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        raise MalformedPost(f"{name} is out of range") from None


def utc_from_seconds(value: Any, name: str) -> dt.datetime:
    """UTC from seconds since 1970; MalformedPost for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedPost(f"{name} is no time in seconds")
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (OverflowError, OSError, ValueError):
        raise MalformedPost(f"{name} is out of range") from None


def plain_text(markup: str) -> str:
    """The text of simple HTML (Mastodon, Hacker News), paragraphs kept as line breaks."""
    lines = _TAG.sub("", _BREAK.sub("\n", markup))
    return _BLANK_LINES.sub("\n\n", html.unescape(lines)).strip()
