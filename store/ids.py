"""The platform's own id of a post, out of the links and URNs that name it: one post gets one id, two posts never share one.

A link holds its author's name, so an id that is one is cut down to the platform's own, or else hashed. Ids keep their case:
those of GoToSocial, Instagram or Bluesky differ by nothing else.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import polars as pl

_LINK: Final = r"(?i)^(?:https?://|at://|www\.|/|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/)"
_HOST: Final = r"(?i)^(?:https?://)?(?:[\w-]+\.)*"
#: Sites that show X's posts under the same path.
X_SITES: Final = r"(?:(?:x|twitter|fxtwitter|vxtwitter|fixupx|fixvx|twittpr|xcancel)\.com|nitter\.[\w.-]+)"

# A URN's signs, also percent-encoded once or twice.
_COLON: Final = r"(?::|%3A|%253A)"
_OPEN: Final = r"(?:\(|%28|%2528)"
_COMMA: Final = r"(?:,|%2C|%252C)"
_LINKEDIN: Final = (
    # An answer to a comment names both, and every comment names its post: the narrowest is the post's own.
    rf"replyUrn=urn{_COLON}li{_COLON}comment{_COLON}{_OPEN}[^&]*?{_COMMA}(\d{{16,20}})",
    rf"replyUrn=urn{_COLON}li{_COLON}fsd_comment{_COLON}{_OPEN}(\d{{16,20}})",
    rf"li{_COLON}comment{_COLON}{_OPEN}[^&]*?{_COMMA}(\d{{16,20}})",
    rf"li{_COLON}fsd_comment{_COLON}{_OPEN}(\d{{16,20}})",
    # Readable links end in …-activity-7123…-AbCd, behind words of the post's that may be followed by a number too.
    rf"(?:activity|ugcPost|share)(?:{_COLON}|-)(\d{{16,20}})",
)
_REDDIT: Final = r"(?i)^(?:(?:https?://)?(?:[\w-]+\.)*r(?:e|x)ddit\.com)?/(?:[^?#]*?/)?comments/"
_FORMS: Final[dict[str, tuple[str, ...]]] = {
    "x": (rf"{_HOST}{X_SITES}/(?:(?:i/web|\w{{1,30}})/)?status(?:es)?/(\d+)",),
    "linkedin": tuple(f"(?i){form}" for form in _LINKEDIN),
    # A comment's link goes on behind its post's.
    "reddit": (
        _REDDIT + r"\w+/[^/?#]*/(\w+)",
        _REDDIT + r"(\w+)",
        r"(?i)^(?:https?://)?(?:www\.)?redd\.it/(\w+)",
    ),
    # item?id=STORY#COMMENT is a comment in its place.
    "hackernews": (
        rf"{_HOST}ycombinator\.com/item\?(?:[^#]*&)?id=\d+[^#]*#(\d+)",
        rf"{_HOST}ycombinator\.com/item\?(?:[^#]*&)?id=(\d+)",
    ),
    "instagram": (rf"{_HOST}instagram\.com/(?:[\w.]+/)?(?:p|reel|tv)/([\w-]+)",),
}
# Where an id is an address: the parts of a link, and the address that names nobody and answers whether the post is still there.
_ADDRESSES: Final = {
    "mastodon": (
        (
            r"(?i)^(https?://[^/]+)/(?:(?:ap/)?users/[^/]+/statuses|@[^/]+(?:/statuses)?)"
            r"/(\d+|[0-9a-z]{16,26}|[0-9a-f-]{36})(?:/activity)?/?(?:[?#].*)?$"
        ),
        "{}/api/v1/statuses/{}",
    ),
    "bluesky": (
        rf"{_HOST}(?:fx|vx)?bsk(?:y|yx|ye)\.app/profile/(did:[^/?#]+)/post/([\w.~:-]+)",
        "at://{}/app.bsky.feed.post/{}",
    ),
}
_ADDRESS: Final = r"at://did:|https?://[^/]+/(?:api/v1/statuses/|objects/|notes/|notice/)[\w-]+$"
_NAMELESS: Final = rf"(?i)^(?:{_ADDRESS})"
_PLAIN: Final = rf"(?i)^(?:[\w-]*$|{_ADDRESS})"


def ids_in(said: pl.Series, source: str) -> pl.Series:
    """The ids of the posts that links or URNs (String) of a platform lead to; null where they lead to no single post."""
    names = (said.str.contains("[:/]")).fill_null(value=False).arg_true()
    nothing = pl.Series(said.name, [None], pl.String).new_from_index(0, len(said))
    if names.is_empty() or source not in {*_FORMS, *_ADDRESSES}:
        return nothing
    found = said.gather(names).to_frame("id").select(_id_in(pl.col("id"), source)).to_series()
    return nothing.scatter(names, found)


_BARE: Final = {"reddit": r"^t[1-6]_"}
_FULL_NAMES: Final = {"reddit": r"^t[1-6]_[0-9a-z]{1,8}$"}
_SHAPES: Final = {
    "x": r"^\d+$",
    "linkedin": r"^\d+$",
    "hackernews": r"^\d+$",
    # A submission's, bare: a comment's, such as nk5abc1, may be a name as well and is known by t1_ or its link.
    "reddit": r"^\d[0-9a-z]{6}$",
    "bluesky": r"^at://did:",
    "mastodon": r"^https?://",
}
_MADE: Final = r"^h-[0-9a-f]{20}$"


def stored_form(said: pl.Series, source: str) -> pl.Series:
    """What people call posts of a platform (ids, links, URNs, t1_ names) as the ids under which they are stored."""
    said = said.str.strip_chars()
    own = ids_in(said, source)
    ids = without_names(own.zip_with(own.is_not_null(), said))
    return ids.str.replace(_BARE[source], "") if source in _BARE else ids


def surely_ids(said: pl.Series, source: str) -> pl.Series:
    """Whether what people call posts of a platform surely names one: by a link, in the form of its ids, or by a key made here.

    A name of someone does none of that, and where a platform's ids have no form of their own, any word may be one.
    """
    said = said.str.strip_chars()
    ids = stored_form(said, source)
    sure = ids_in(said, source).is_not_null() | ids.str.contains(_MADE)
    for form, named in ((_SHAPES, ids), (_FULL_NAMES, said)):
        if source in form:
            sure |= named.str.contains(form[source])
    return sure


def may_be_link(ids: pl.Expr) -> pl.Expr:
    """Of ids (String) whether `without_names` may change them; most are plain, or addresses that name nobody."""
    return ids.str.contains(_PLAIN).not_()


def without_names(ids: pl.Series) -> pl.Series:
    """Ids (String); those that are links without their author's name, the same for the same post."""
    links = ids.str.contains(_LINK)
    if links.any():  # few pages hold any, and most of those are the platform's own form
        links &= ~ids.str.contains(_NAMELESS)
    links = links.fill_null(value=False).arg_true()
    if links.is_empty():
        return ids
    link = pl.col("id")
    on_linkedin = pl.when(link.str.contains(_HOST + r"linkedin\.com/")).then(link)
    reduced = (
        ids.gather(links)
        .to_frame("id")
        .select(
            pl.coalesce(
                *(_id_in(on_linkedin if source == "linkedin" else link, source) for source in (*_FORMS, *_ADDRESSES))
            )
        )
        .to_series()
    )
    made = [own or _hashed(said) for own, said in zip(reduced, ids.gather(links), strict=True)]
    return ids.clone().scatter(links, pl.Series(made, dtype=pl.String))


def _id_in(link: pl.Expr, source: str) -> pl.Expr:
    found = [link.str.extract(form) for form in _FORMS.get(source, ())]
    if source in _ADDRESSES:
        parts, address = _ADDRESSES[source]
        found.append(pl.format(address, link.str.extract(parts, 1), link.str.extract(parts, 2)))
    return pl.coalesce(*found)


def _hashed(link: str) -> str:
    return "h-" + blake2b(link.encode(), digest_size=10).hexdigest()
