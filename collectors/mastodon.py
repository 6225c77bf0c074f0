"""Mastodon, through Mastodon.py: hashtag timelines of configured instances, read forward by id."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import polars as pl
import requests
from mastodon import Mastodon as Client
from mastodon import MastodonAPIError, MastodonError, MastodonNetworkError, MastodonRatelimitError
from pydantic import Field, field_validator, model_validator

from collectors.mastodon_pages import END, newest_id, read_end, read_own, read_page
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
)
from collectors.wire import (
    USER_AGENT,
    MalformedPost,
    RateLimited,
    RebasedSession,
    Transient,
    by_our_clock,
    is_public,
    may_be_public,
    quiet_client_logs,
    status_error,
    utc_from_iso,
)
from store import SourceDenied, SourceError, SourceUnavailable, stored_form

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

_ID_BITS = 16  # a status id is its time in milliseconds, and 16 bits
_NEVER_ASKED = "its address is not one where anybody could be asked whether it is still there"
_TAG = re.compile(r"\w+")
_REMEDY = "Set MASTODON_ACCESS_TOKEN (the instance → Preferences → Development → New application, scope read)."


class MastodonSettings(SourceSection):
    """[sources.mastodon]"""

    instances: tuple[Address, ...] = Field(default=("https://mastodon.social",), min_length=1)
    """Each sees only what reaches it: name several."""
    tags: tuple[str, ...] = (
        "layoffs",
        "layoff",
        "techlayoffs",
        "stellenabbau",
        "entlassungen",
        "licenciements",
        "despidos",
    )
    """Hashtags, with or without #."""
    token_instance: Address | None = None
    """Which instance MASTODON_ACCESS_TOKEN belongs to; the first one if not said. No other ever sees it."""

    @field_validator("tags")
    @classmethod
    def _tags_are_hashtags(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        bare = tuple(dict.fromkeys(tag.removeprefix("#") for tag in tags))
        for tag in bare:
            if not _TAG.fullmatch(tag):
                raise ValueError(f'"{tag}" is no hashtag: letters, digits and _ only')
        return bare

    @field_validator("instances")
    @classmethod
    def _each_instance_once(cls, instances: tuple[str, ...]) -> tuple[str, ...]:
        return tuple({_server(instance): instance for instance in reversed(instances)}.values())[::-1]

    @model_validator(mode="after")
    def _token_is_of_an_instance(self) -> Self:
        if self.token_instance and _server(self.token_instance) not in map(_server, self.instances):
            raise ValueError(
                f"token_instance is {self.token_instance}, which is none of the instances: {', '.join(self.instances)}"
            )
        return self


class Mastodon(Source):
    """One stream per instance and hashtag; an instance that refuses does not stop the others."""

    page_size = 40
    lookup_size = 1

    def __init__(self, settings: MastodonSettings, opening: Opening) -> None:
        quiet_client_logs()
        self._settings, self._clock = settings, opening.clock
        self._token = opening.credentials.get("MASTODON_ACCESS_TOKEN")
        self._clients: dict[str, tuple[Client, RebasedSession]] = {}

    def queries(self) -> Sequence[Query]:
        """INSTANCE#TAG, an instance at a time."""
        return [
            Query(f"{instance}#{tag}", group=instance)
            for instance in self._settings.instances
            for tag in self._settings.tags
        ]

    def fetch(self, query: Query, window: Window, token: str | None, *, limit: int) -> Page:
        """The next statuses after the one with the id `token`, oldest page first; after an empty page, a look at the newest."""
        instance, _, tag = query.name.rpartition("#")
        community = urlsplit(instance).netloc
        if token and token.startswith(END):
            newest, headers = self._timeline(instance, tag, limit=limit)
            return read_end(newest, token.removeprefix(END), community=community, headers=headers)
        after = token or str(int(window.floor.timestamp() * 1000) << _ID_BITS)
        answer, headers = self._timeline(instance, tag, min_id=after, limit=limit)
        return self._askable(read_page(answer, after, community=community, headers=headers))

    def _askable(self, page: Page) -> Page:
        """Without statuses that nobody could be asked about: their deletion would never be followed."""
        stored_as = stored_form(pl.Series([post.post_id for post in page.posts], dtype=pl.String), "mastodon")
        kept = tuple(
            post for post, own_id in zip(page.posts, stored_as, strict=True) if self.may_ask(StoredKey(own_id))
        )
        left_out = (_NEVER_ASKED,) * (len(page.posts) - len(kept))
        return replace(page, posts=kept, malformed=page.malformed + left_out)

    def may_ask(self, post: StoredKey) -> bool:
        """Any server may claim any address: only names of the internet over https, and the configured instances, are asked."""
        try:
            parts = urlsplit(post.post_id)
        except ValueError:
            return False
        return self._is_instance(post.post_id) or (parts.scheme == "https" and may_be_public(parts.hostname or ""))

    def lookup(self, posts: Sequence[StoredKey]) -> Lookup:
        """The status as its own server has it: 410 says deleted, 404 only that it can't be seen. Redirects are not followed, and show nothing."""
        uri = posts[0].post_id
        if not self._is_instance(uri) and not is_public(urlsplit(uri).hostname or ""):
            raise SourceDenied(f"{urlsplit(uri).netloc} is no host of the internet: not asked")
        try:
            with RebasedSession(read_seconds=self._settings.read_seconds, base_url=None) as session:
                response = session.get(uri, headers={"Accept": "application/activity+json"}, allow_redirects=False)
        except requests.RequestException as error:
            raise Transient(f"{urlsplit(uri).netloc} could not be reached: {type(error).__name__}") from None
        this = frozenset({uri})
        if response.status_code == 200:
            try:
                return read_own(response.json(), uri)
            except ValueError:
                raise Transient(f"{urlsplit(uri).netloc} answered with something that is no JSON") from None
        if response.status_code == 410:
            return Lookup(deleted=this)
        if response.status_code == 404:
            return Lookup(absent=this)
        raise status_error(urlsplit(uri).netloc, response.status_code, reset_at=self._reset_at(response.headers))

    def place(self, post: StoredKey) -> str:
        """The server that it was written at."""
        return urlsplit(post.post_id).netloc

    def check(self) -> Quota:
        """One status of each instance. Of several that fail, the one that someone has to do something about is told."""
        problems, notes = [], []
        for instance in self._settings.instances:
            try:
                newest, headers = self._timeline(instance, self._settings.tags[0], limit=1)
                newest_id(newest, urlsplit(instance).netloc)
            except SourceError as error:
                problems.append(error)
                continue
            if left := headers.get("X-RateLimit-Remaining"):
                notes.append(f"{left} requests left in this window at {instance}")
        if problems:
            raise min(
                problems, key=lambda error: (isinstance(error, SourceUnavailable), isinstance(error, RateLimited))
            )
        return Quota("; ".join(notes)) if notes else Quota()

    def close(self) -> None:
        """Let go of connections."""
        for _, session in self._clients.values():
            session.close()

    def _client(self, instance: str) -> tuple[Client, RebasedSession]:
        if instance not in self._clients:
            session = RebasedSession(read_seconds=self._settings.read_seconds, base_url=None)
            ours = _server(instance) == _server(self._settings.token_instance or self._settings.instances[0])
            client = Client(
                api_base_url=instance,
                access_token=self._token if ours else None,
                ratelimit_method="throw",
                request_timeout=self._settings.read_seconds,
                session=session,
                user_agent=USER_AGENT,
            )
            self._clients[instance] = client, session
        return self._clients[instance]

    def _timeline(self, instance: str, tag: str, **params: Any) -> tuple[Any, Mapping[str, str]]:
        """Statuses and headers of one answer; messages name the instance, as one of several has to be found."""
        client, session = self._client(instance)
        name = urlsplit(instance).netloc
        try:
            return client.timeline_hashtag(tag, **params), session.last_headers
        except MastodonRatelimitError:
            raise status_error(name, 429, reset_at=self._reset_at(session.last_headers)) from None
        except MastodonNetworkError as error:
            reason = type(error.__context__).__name__ if error.__context__ else "no connection"
            raise Transient(f"{name} could not be reached: {reason}") from None
        except MastodonAPIError as error:
            status = error.args[1] if len(error.args) > 3 and isinstance(error.args[1], int) else None
            if status is None:
                raise Transient(f"{name} answered with something that is no JSON") from None
            raise status_error(name, status, detail=str(error.args[3] or ""), remedy=_REMEDY) from None
        except MastodonError as error:
            raise Transient(f"{name} answered with something unexpected ({type(error).__name__})") from None

    def _reset_at(self, headers: Mapping[str, str]) -> dt.datetime | None:
        try:
            reset = utc_from_iso(headers["X-RateLimit-Reset"], "reset")
        except (KeyError, MalformedPost):
            return None
        return by_our_clock(reset, headers, self._clock)

    def _is_instance(self, uri: str) -> bool:
        return _server(uri) in map(_server, self._settings.instances)


def _server(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


SPEC = SourceSpec(
    name="mastodon",
    title="Mastodon",
    settings=MastodonSettings,
    open=Mastodon,
    may_use=("MASTODON_ACCESS_TOKEN",),
    how_to_get_access=f"Many instances answer without a token. Otherwise: {_REMEDY}",
)
