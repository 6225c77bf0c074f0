"""Bluesky: searches per layoff word, in pages of 100, in windows where a search ends early."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from collectors.bluesky_pages import Position, ids_shown, ids_withdrawn, posts_of, read_page, read_post, stamp
from collectors.source import (
    Address,
    Lookup,
    Opening,
    Page,
    Query,
    Quota,
    Source,
    SourceSection,
    SourceSpec,
    StoredKey,
    Window,
    Word,
)
from collectors.terms import quoted
from collectors.wire import PageTokenRefused, quiet_client_logs, read_each

if TYPE_CHECKING:
    from collections.abc import Sequence

_REMEDY = "Make an app password at bsky.app → Settings → Privacy and security, and set BLUESKY_HANDLE and BLUESKY_APP_PASSWORD."


class BlueskySettings(SourceSection):
    """[sources.bluesky]"""

    words: tuple[Word, ...] = ()
    """Search for these instead of the layoff words of all languages."""
    base_url: Address = "https://bsky.social"
    """Where the account lives."""


class Bluesky(Source):
    """One search per layoff word."""

    lookup_size = 25
    id_form = r"at://did:[a-z]+:[\w.:%-]+/[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+/[A-Za-z0-9._:~-]{1,512}"

    def __init__(self, settings: BlueskySettings, opening: Opening) -> None:
        from collectors.bluesky_client import Account, Refused  # noqa: PLC0415  # takes a second to load

        quiet_client_logs()
        self._settings, self._terms, self._refused = settings, opening.terms, Refused
        self._run = secrets.token_hex(4)
        self._account = Account(
            settings.base_url,
            read_seconds=settings.read_seconds,
            credentials=opening.credentials,
            session_file=opening.state_folder / "bluesky.session",
            clock=opening.clock,
            remedy=_REMEDY,
        )

    def queries(self) -> Sequence[Query]:
        """One per word: the search knows no OR."""
        return [Query(quoted(word)) for word in self._settings.words or self._terms.all_words()]

    def fetch(self, query: Query, window: Window, token: str | None, *, limit: int) -> Page:
        """A page of one search, the newest first."""
        at = Position.read(token, window, run=self._run)
        try:
            answer = self._account.search(
                q=query.name, limit=limit, sort="latest", since=stamp(window.floor), until=at.until, cursor=at.cursor
            )
        except self._refused as error:
            if at.cursor is None:
                raise
            raise PageTokenRefused(str(error)) from None
        return read_page(answer, at, window, headers=self._account.headers)

    def lookup(self, posts: Sequence[StoredKey]) -> Lookup:
        """Present state of posts; deleted ones are silently left out of the answer, and what not everyone is shown any more is gone."""
        post_ids = [post.post_id for post in posts]
        answer = self._account.posts(post_ids)
        alive, _ = read_each(posts_of(answer), read_post)
        shown, withdrawn = ids_shown(answer), ids_withdrawn(answer).intersection(post_ids)
        present = shown.intersection(post_ids) - {post.post_id for post in alive} - withdrawn
        return Lookup(alive, withdrawn, frozenset(post_ids) - shown, present)

    def check(self) -> Quota:
        """A search for one post."""
        self._account.search(q="layoffs", limit=1)
        left = self._account.headers.get("ratelimit-remaining")
        return Quota(f"{left} requests left in this window") if left else Quota()

    def close(self) -> None:
        """Let go of connections."""
        self._account.close()


SPEC = SourceSpec(
    name="bluesky",
    title="Bluesky",
    settings=BlueskySettings,
    open=Bluesky,
    needs=("BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD"),
    how_to_get_access=_REMEDY,
)
