"""What the encoder reads: one function from a post to its cleaned text, one from its context to a second segment.

Training and the shipped runtime both go through here, so the model never sees a text at work that is prepared
otherwise than the texts it learnt from.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# What the sentiment corpora (TweetEval, UMSAB) use in place of names and links: the encoder learnt these two words.
USER_MASK = "@user"
LINK_MASK = "http"

#: Raised by hand when a change here or in `windows.py` alters what the encoder reads: stored labels then go stale.
PREPARATION = 3

# With the @ of an account on another server: @alice@mastodon.social.
_EMAIL = re.compile(r"@?\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b")
# A host may be written in any letters, the rest of a link not: where words have no spaces, the text goes on right behind it.
# The last part of a host is of ASCII or of other letters, never of both (example.com解雇). "…" ends a link cut by its platform.
_LINK = re.compile(r"(?:https?://|www\.)(?:(?:[\w-]+\.)+(?:[^\W\x00-\x7f]+(?![\w-]))?)?[!-~]*…?", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w@])@[\w.-]*\w")
_REPEATED_LINKS = re.compile(rf"(?:\b{LINK_MASK}\b\s*){{2,}}")
# Zero-width joiners stay: they hold emoji families and Indic conjuncts together.
_DROPPED = re.compile("[\ufeff\u200b\u2060\u00ad]")
_BLANK = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Entities in entities, masks beside masks: nobody nests them as deep, and no text made to do so holds anybody up.
_MOST_ROUNDS = 16

#: Platforms whose name the model has seen as a second segment.
KNOWN_PLATFORMS = frozenset({"x", "reddit"})


@dataclass(frozen=True)
class Context:
    """Where a post stands.

    `platform` is the source's name (`x`, `reddit`, `linkedin`, `bluesky`, `mastodon`, `hackernews`, or another);
    `thread_title` is the title of the thread a comment hangs in, or of the post itself, where there is one.
    """

    platform: str
    thread_title: str | None = None


def whole_text(text: str) -> str:
    """The text with lone surrogates (half of an emoji) replaced: nothing can print or store them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean_text(text: str) -> str:
    """The text as the encoder reads it: entities decoded, names and links masked, white space single.

    Emoji, hashtags, letter case and punctuation stay: they carry feeling. Control characters, lone surrogates and
    NUL bytes become spaces, so no input can break the tokenizer. Cleaning a cleaned text changes nothing, unless it was
    escaped more than `_MOST_ROUNDS` times.
    """
    return _settled(_masked, _settled(_decoded, text))


def _settled(step: Callable[[str], str], text: str) -> str:
    for _ in range(_MOST_ROUNDS):
        before, text = text, step(text)
        if text == before:
            break
    return text


def _decoded(text: str) -> str:
    return _BLANK.sub(" ", _DROPPED.sub("", html.unescape(text)))


def _masked(text: str) -> str:
    text = _LINK.sub(LINK_MASK + " ", text)
    text = _EMAIL.sub(USER_MASK, text)
    text = _MENTION.sub(USER_MASK, text)
    text = _REPEATED_LINKS.sub(LINK_MASK + " ", text)
    return " ".join(text.split())


def context_segment(context: Context) -> str:
    """The second segment for a post: its platform, then its thread's title; empty where neither is known.

    Platforms the model was not trained on share the wording of the nearest one it knows: short posts that of `x`,
    threads with a title that of `reddit`.
    """
    title = clean_text(context.thread_title or "")
    platform = context.platform.strip().lower()
    if platform in ("", "other", "unknown"):
        return title
    if platform not in KNOWN_PLATFORMS:
        platform = "reddit" if title else "x"
    return f"{platform}: {title}" if title else platform
