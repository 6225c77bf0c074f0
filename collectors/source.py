"""What a live source is: the one signature that every module beside this one implements."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from store import Section

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from collectors.credentials import Credentials
    from collectors.settings import ImportSettings
    from collectors.terms import SearchTerms
    from collectors.wire import Clock
    from store import Store


def _address(said: str) -> str:
    # An address stands in tables, logs and messages, this one too: a user and password before the host would be shown with it.
    if "@" in said:
        raise ValueError(
            'an address holds no user, password or "@"; write it without, like "https://example.org". Tokens come from the environment'
        )
    parts = urlsplit(said)
    if parts.query or parts.fragment:
        raise ValueError(
            'an address ends before "?" or "#", like "https://example.org". Tokens come from the environment'
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            f'"{said}" is no address; write it with its scheme, like "https://example.org" or "http://127.0.0.1:8400"'
        )
    return said


def _word(said: str) -> str:
    if not said.strip():
        raise ValueError("an empty word would find everything; write one, or take the entry out")
    return said


#: What is searched for.
Word: TypeAlias = Annotated[str, AfterValidator(_word)]

#: Where a server is: a scheme (http or https) and a host, with or without port and path. Anything else, credentials above all, is refused as
#: settings are read.
Address: TypeAlias = Annotated[str, AfterValidator(_address)]


_MOST_DAYS = 36_500  # a date so far back can be reckoned


class DeliverySection(Section):
    """The settings that every source has; each adds its own."""

    enabled: bool = True
    """A section in config.toml switches its source on; false keeps the section and switches it off."""


class SourceSection(DeliverySection):
    """Those of a source that is asked page by page."""

    overlap_hours: float = Field(default=24, ge=0, le=24 * _MOST_DAYS)
    """How far before the newest post known a run starts again, for posts that the platform indexed late."""
    first_days: float = Field(default=7, gt=0, le=_MOST_DAYS)
    """How far back the first run of a query goes."""
    read_seconds: float = Field(default=30, gt=0, le=3_600)
    """How long an answer may take, from its first byte to its last."""
    recheck_posts: int = Field(default=2_000, ge=0)
    """Stored posts that one `recheck` looks up again; those under 48 hours old come first."""


class Query(NamedTuple):
    """One stream of posts with its own high-water mark."""

    name: str
    """Stable across runs: it stands in `runs` and beside every post it found."""
    group: str = ""
    """Queries that fail together: when access is refused or spent, the rest of the group is left for later."""


class Window(NamedTuple):
    """From floor (included) to ceiling, UTC."""

    floor: dt.datetime
    ceiling: dt.datetime


class Gap(NamedTuple):
    """Time whose posts the platform would not give us."""

    start: dt.datetime
    end: dt.datetime
    reason: str


class StoredKey(NamedTuple):
    """A stored post, as far as its platform can know it."""

    post_id: str
    thread_id: str | None = None
    url: str | None = None


class Found(NamedTuple):
    """A post as its platform wrote it: not masked, never stored as it is."""

    post_id: str
    created_at: dt.datetime
    text: str
    author: str | None = None
    thread_id: str | None = None
    parent_id: str | None = None
    url: str | None = None
    lang_hint: str | None = None
    community: str | None = None
    title: str | None = None
    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None


@dataclass(frozen=True)
class Page:
    """The answer to one request."""

    posts: tuple[Found, ...] = ()
    next_token: str | None = None
    """Where the window goes on; None when it has drained. Any text that `fetch` understands, also in another process."""
    malformed: tuple[str, ...] = ()
    """Why single items of the page could not be read."""
    gap: Gap | None = None
    """What the platform's caps kept from this window."""
    shown: int = 0
    """Items that the platform sent, also those that are not for us: reposts, what was removed, what not everyone may see."""
    billed: int = 0
    """Posts that the platform charges for."""
    server_time: dt.datetime | None = None
    doubtful: bool = False
    """Empty where something was to be expected: asked again before it is believed."""
    proven: bool = False
    """Empty, and known by other means to be the end: not asked again."""
    adrift: bool = False
    """Empty, which may mean that what the token names has gone: the end is believed of a token that this run was given, not of an older one."""

    @property
    def empty(self) -> bool:
        """Whether it shows nothing at all, not even what could not be read or is not for us."""
        return not (self.posts or self.malformed or self.shown)


@dataclass(frozen=True)
class Lookup:
    """What became of stored posts."""

    alive: tuple[Found, ...] = ()
    """Their present text, so that edits are followed."""
    deleted: frozenset[str] = frozenset()
    """Said to be gone, by the platform."""
    absent: frozenset[str] = frozenset()
    """Not in the answer: gone if the next lookup says so again."""
    present: frozenset[str] = frozenset()
    """Still there, where the answer doesn't hold their text, or not in a form that can be read."""
    accounts_gone: frozenset[str] = frozenset()
    """Of those alive, the posts whose author deleted the account: their pseudonym goes."""
    again: tuple[StoredKey, ...] = ()
    """Neither of these yet: to be asked for once more by this key, such as by the link of the newest version of a post that was edited."""
    billed: int = 0
    """Posts that the platform charges for, also those that are of no use here."""


@dataclass(frozen=True)
class Quota:
    """What `check` learned beyond that access works."""

    note: str = "not stated by the platform"


@dataclass(frozen=True)
class Opening:
    """What a source is made from."""

    terms: SearchTerms
    credentials: Credentials
    clock: Clock
    state_folder: Path
    """For what a source has to keep between runs, such as a session; readable by the owner alone."""
    rejects_folder: Path
    """For rows of files that were refused."""
    imports: ImportSettings


class Source(ABC):
    """A platform, opened. A method makes one request for posts (and those that log in, or that ask once more with a new token), and neither retries an outage nor sleeps.

    They raise SourceDenied, and what `collectors.wire` exports: Transient, RateLimited, PageTokenRefused.
    """

    page_size: int = 100
    """The most posts that one request brings."""
    smallest_page: int = 1
    seconds_between_requests: float = 0.0
    """The engine lets so much time pass from one page to the next."""
    usd_per_post: float = 0.0
    """What a post read costs; a source with a price is held to the run's budget."""
    max_posts_per_run: float = float("inf")
    """Holds whatever a post costs."""
    max_usd_per_month: float | None = None
    lookup_size: int = 0
    """Ids per `lookup`; 0 where the platform has none."""
    id_form: str = ".+"
    """Regular expression of the platform's ids, all of it; other keys were made for rows of files without an id."""
    prompt_index: bool = False
    """Posts can be found as soon as they are written: a window that has shown its posts is read, and not paid for again."""
    reach: dt.timedelta | None = None
    """How far back the platform searches."""

    @abstractmethod
    def queries(self) -> Sequence[Query]:
        """Every stream to read. Raises ConfigError where the settings can't make one."""

    @abstractmethod
    def fetch(self, query: Query, window: Window, token: str | None, *, limit: int) -> Page:
        """The page at `token` (None: the first) of a window, at most `limit` posts."""

    @abstractmethod
    def check(self) -> Quota:
        """The cheapest request that shows whether access works."""

    @abstractmethod
    def close(self) -> None:
        """Let go of connections."""

    def may_ask(self, post: StoredKey) -> bool:
        """Whether a stored post can be looked up at all, told without asking anyone: `lookup` gets no other."""
        return re.fullmatch(self.id_form, post.post_id) is not None

    def lookup(self, posts: Sequence[StoredKey]) -> Lookup:
        """What became of at most `lookup_size` stored posts. A plain SourceError refuses one of their ids: the others are asked for without it."""
        raise NotImplementedError

    def place(self, post: StoredKey) -> str:
        """The server that is asked for a post, where a network has many: they fail one by one, and posts are looked up one by one."""
        del post
        return ""


class Delivery(NamedTuple):
    """Something that lies ready to be stored as a whole, such as a file."""

    name: str
    version: str
    """Changes when its content does: the same version is taken to its end once."""
    reading: str = ""
    """Changes with whatever else may let a delivery that failed succeed, such as the settings that say how it is read."""
    ready: bool = True
    """False while it is still being written."""


@dataclass(frozen=True)
class Taken:
    """What became of a delivery's rows."""

    seen: int = 0
    new: int = 0
    changed: int = 0
    duplicate: int = 0
    rejected: int = 0
    error: str | None = None
    """Why it was not read to its end."""
    stopped: bool = False
    """Because `why_stop` gave a reason, which `error` tells: it is taken again."""
    grew: bool = False
    """It was written to meanwhile: it is taken again."""


class DeliverySource(ABC):
    """A source that is not asked page by page but brings deliveries, and stores each by itself, in any state of completion."""

    @abstractmethod
    def deliveries(self) -> Sequence[Delivery]:
        """Everything that lies there now. Raises ConfigError where the place doesn't exist."""

    @abstractmethod
    def take(self, delivery: Delivery, store: Store, *, why_stop: Callable[[], str | None]) -> Taken:
        """Store it; taking it again changes nothing. Raises StoreError.

        `why_stop` is asked between portions: where it gives a reason, the rest is left.
        """

    @abstractmethod
    def check(self) -> Quota:
        """Whether it can be read."""


Opener: TypeAlias = (
    "Callable[[Any, Opening], Source | DeliverySource]"  # the section is the one that the same line names
)


@dataclass(frozen=True)
class SourceSpec:
    """A registry line."""

    name: str
    """As in config.toml and in the column `source`."""
    title: str
    """As people write it."""
    settings: type[DeliverySection]
    """A SourceSection, if it opens a Source."""
    open: Opener
    needs: tuple[str, ...] = ()
    """Environment variables without which it can't be opened."""
    may_use: tuple[str, ...] = ()
    """Environment variables that help."""
    how_to_get_access: str = ""
