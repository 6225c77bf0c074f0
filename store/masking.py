"""What identifies a person is taken out of texts and links before they are stored: regular expressions for polars' engine.

That engine has no look-around, so a pattern that needs a boundary captures it and puts it back. Rules run in order; what one
writes, no later one and no second run may match: masking twice gives the same text (tested with generated texts).
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

import polars as pl

from store.people_links import LINKED, LINKS, NAMELESS, PAGE, PHONE, USER

if TYPE_CHECKING:
    from collections.abc import Sequence

EMAIL: Final = "[email]"
# A Unicode noncharacter: it stands for the @ of a company's account while the rest is masked.
_KEPT: Final = "\ufdd0"
_NONCHARACTERS: Final = f"[{_KEPT}{PAGE}]"
_PASSES: Final = 4

_MENTIONS: Final = (
    (r"@?\[([^\[\]\n]{1,120})\]\(urn:li:(?:organization|company|school)[^)\s]*\)", "${1}"),
    (r"@?\[[^\[\]\n]{1,120}\]\(urn:[^)\s]*\)", USER),
    (r"(?i)(^|[^\w])/?u/[a-z0-9_-]{3,20}", "${1}" + USER),
)
_MENTIONED: Final = ["](urn:", "u/"]
_AT: Final = "[@＠]"
_EMAIL: Final = (r"(^|[^\w.+%@＠-])[\w.+%-]{1,64}[@＠][\w-]+(?:\.[\w-]+)*\.\p{L}{2,}", "${1}" + EMAIL)
_AT_DOMAIN: Final = r"[@＠][\w-]+(?:\.[\w-]+)*\.\p{L}"
_SPELT_AT: Final = r"(?i)[(\[{](?:at|ät)[)\]}]"
_SPELT_EMAIL: Final = (
    rf"(^|[^\w.+%@＠-])[\w.+%-]{{1,64}} ?{_SPELT_AT} ?[\w-]+(?:(?:\.| ?[(\[{{](?:dot|punkt)[)\]}}] ?| (?:dot|punkt) )[\w-]+)+",
    "${1}" + EMAIL,
)
# Without signs only at hosts of mail: "laid off at amazon dot com" is no address, nor is "laid off at yahoo.com".
_MAIL_HOSTS: Final = ("gmail", "googlemail", "hotmail", "protonmail", "icloud", "gmx", "tutanota", "fastmail")
_EMPLOYERS_TOO: Final = ("yahoo", "outlook", "proton", "aol", "yandex", "zoho", "web", "mail")
_AT_HOST: Final = rf"(?i) (?:at|ät) (?:{'|'.join((*_MAIL_HOSTS, *_EMPLOYERS_TOO))})"
_WORDS_EMAIL: Final = (
    (
        rf"(?i)(^|[^\w.+%@＠-])(?:[\w+%-]+(?:\.| dot | punkt | underscore ))*[\w+%-]+ (?:at|ät) "
        rf"(?:(?:{'|'.join(_MAIL_HOSTS)})(?:\.| dot | punkt )|(?:{'|'.join(_EMPLOYERS_TOO)}) (?:dot|punkt) )(?:co(?:\.| dot ))?\p{{L}}{{2,4}}\b"
    ),
    "${1}" + EMAIL,
)
# A chain such as @name@server.tld is one mention; so is @name.bsky.social. A tail is lower case: "@name.Thanks" keeps its word.
_TAIL: Final = r"[\p{Ll}\p{Lo}\p{Nd}]+\b"
_HANDLE: Final = rf"[@＠]\w+(?:[.-]{_TAIL})*(?:[@＠][\w-]+(?:[.-]{_TAIL})*)*"

_LEFT: Final = r"(^|[^\w.,:$€£¥#=/+@%&-])"
_SEP: Final = r"[ \u00a0\u202f.\-/·]{0,3}"
_MANY_DIGITS: Final = rf"\d(?:{_SEP}[()]?\d[()]?){{6}}"
_ANNOUNCED: Final = (
    r"(?i)\b(tel|telefon|ph|phone|call|text|sms|whats ?app|mob|mobile|handy|cell|fax|hotline|t[ée]l[ée]fono?|m[óo]vil|celular|sđt|zalo"
    rf"|điện thoại)(\.?:? ?(?:(?:me|us|at|on|số|no\.?|nr\.?|number) )?)(?:\+ ?)?\(?\d(?:{_SEP}\(?\d\)?){{6,14}}\b"
)
_PHONES: Final = (
    # a word that announces one: Tel. 612 345 678
    (_ANNOUNCED, "${1}${2}" + PHONE),
    # +49 (0)171 123-4567, 0049 171 1234567: 8 to 15 digits
    # also behind a colon, which before 00 may be a time's
    (rf"(^|[^\w.,:$€£¥#=/+@%&-]|\()00[1-9](?:{_SEP}\(?\d\)?){{7,14}}\b", "${1}" + PHONE),
    (rf"(^|[^\w.,$€£¥#=/+@%&-]|\()\+ ?[1-9](?:{_SEP}\(?\d\)?){{7,14}}\b", "${1}" + PHONE),
    # (415) 555-0123, 415-555-0123, 1-800-555-0123
    (_LEFT + r"(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[.-]\d{4}\b", "${1}" + PHONE),
    (_LEFT + r"(?:1 )?(?:\(\d{3}\) ?|\d{3} )\d{3} \d{4}\b", "${1}" + PHONE),
    # (11) 98765-4321
    (_LEFT + r"\(\d{2}\) ?9?\d{4}-\d{4}\b", "${1}" + PHONE),
    # 06 12 34 56 78, one separator throughout: 01.02.2025 10:30 is none
    (_LEFT + r"0[1-9](?:(?: \d{2}){4}|(?:\.\d{2}){4}|(?:-\d{2}){4})\b", "${1}" + PHONE),
    # 0171 1234567, (030) 123 456, 030/1234567, 0912.345.678, 020 7946 0958
    (_LEFT + r"\(?0\d{2,4}\)?(?: ?[/-] ?|[ .])(?:\d{5,8}|\d{3,4}(?:[ .-]\d{2,4}){1,3})\b", "${1}" + PHONE),
    # 0912345678
    (_LEFT + r"0[1-9]\d{8,9}\b", "${1}" + PHONE),
)
#: Most numbers are none, and to try nine rules on a number takes nine times as long as to try them at once.
_ANY_PHONE: Final = "|".join(f"(?:{pattern})" for pattern, _ in _PHONES)
#: What a text holds none of that no rule can match.
_ANY_SIGN: Final = "|".join(
    (
        *(f"(?i:{re.escape(sign)})" for sign in (*LINKED, *_MENTIONED)),
        *(_NONCHARACTERS, _AT, f"(?:{_SPELT_AT})", f"(?:{_AT_HOST})", _MANY_DIGITS),
    )
)


def may_identify(texts: pl.Expr) -> pl.Expr:
    """Of texts (String) whether `mask_texts` may change them: few hold anything that any of its rules could match."""
    return texts.str.contains(_ANY_SIGN)


def may_lead_to_someone(links: pl.Expr) -> pl.Expr:
    """Of links (String) whether `mask_links` may change them."""
    return links.str.contains(NAMELESS).not_()


def mask_texts(texts: pl.Series, *, keep_handles: frozenset[str]) -> pl.Series:
    """Texts (String) without mentions, e-mail addresses, phone numbers and links to people.

    `keep_handles` are accounts, without @ and in any case, that belong to companies and may be named.
    """
    masked = _masked(texts, keep_handles)
    rows = (masked != texts).fill_null(value=False).arg_true()
    for _ in range(_PASSES):
        # What one rule wrote may complete what another looks for; few texts need it, and a pass over them is cheap.
        if rows.is_empty():
            break
        before = masked.gather(rows)
        after = _masked(before, keep_handles)
        changed = (after != before).arg_true()
        rows, masked = rows.gather(changed), masked.clone().scatter(rows, after)
    return masked


def _masked(texts: pl.Series, keep_handles: frozenset[str]) -> pl.Series:
    text = pl.col("text").str
    may = _of(texts).select(
        noncharacter=text.contains(_NONCHARACTERS),
        link=text.contains_any(LINKED, ascii_case_insensitive=True),
        mention=text.contains_any(_MENTIONED, ascii_case_insensitive=True),
        at=text.contains(_AT),
        spelt_at=text.contains(_SPELT_AT),
        at_host=text.contains(_AT_HOST),
        digits=text.contains(_MANY_DIGITS),
    )
    texts = _where(texts, may["noncharacter"], ((_NONCHARACTERS, ""),))
    texts = _without_links(texts, may["link"])
    texts = _where(texts, may["mention"], _MENTIONS)
    texts = _without_accounts(texts, may["at"], keep_handles)
    texts = _where(texts, may["spelt_at"], (_SPELT_EMAIL,))
    texts = _where(texts, may["at_host"], (_WORDS_EMAIL,))
    texts = _without_phones(texts, may["digits"])
    return _where(texts, may["at"], ((_KEPT, "@"),))


def mask_links(texts: pl.Series) -> pl.Series:
    """Links to posts lose the author's name, links to people become "@user"."""
    return _without_links(texts, texts.str.contains_any(LINKED, ascii_case_insensitive=True))


def _without_links(texts: pl.Series, rows: pl.Series) -> pl.Series:
    if not rows.any():
        return texts
    found = rows.fill_null(value=False).arg_true()
    some = texts.gather(found)
    holds = _of(some).select(
        pl.col("text").str.contains_any(signs, ascii_case_insensitive=True).alias(signs[0]) for signs, _ in LINKS
    )
    for signs, rules in LINKS:
        some = _where(some, holds[signs[0]], rules)
    return texts.clone().scatter(found, some)  # scatter works in place


def _without_accounts(texts: pl.Series, rows: pl.Series, keep_handles: frozenset[str]) -> pl.Series:
    if not rows.any():
        return texts
    found = rows.fill_null(value=False).arg_true()
    some = texts.gather(found)
    if kept := _kept_pattern(keep_handles):
        some = some.str.replace_all(rf"(?i)[@＠]({kept})([^\w.@＠-]|[.-](?:[^\w@＠]|$)|$)", _KEPT + "${1}${2}")
    some = _where(some, some.str.contains(_AT_DOMAIN), (_EMAIL,))
    return texts.clone().scatter(found, some.str.replace_all(_HANDLE, USER))


def _without_phones(texts: pl.Series, rows: pl.Series) -> pl.Series:
    if not rows.any():
        return texts
    found = rows.fill_null(value=False).arg_true()
    some = texts.gather(found)
    return texts.clone().scatter(found, _where(some, some.str.contains(_ANY_PHONE), _PHONES))


def _of(texts: pl.Series) -> pl.DataFrame:
    return texts.alias("text").to_frame()


def _where(texts: pl.Series, rows: pl.Series, rules: Sequence[tuple[str, str]]) -> pl.Series:
    """Apply the rules to these rows only: most texts need few of them, and a rule costs up to 10 µs a text."""
    if not rows.any():
        return texts
    found = rows.fill_null(value=False).arg_true()
    some = texts.gather(found)
    for pattern, replacement in rules:
        some = some.str.replace_all(pattern, replacement)
    return texts.clone().scatter(found, some)


@functools.lru_cache(maxsize=8)
def _kept_pattern(keep_handles: frozenset[str]) -> str:
    names = sorted((handle.strip().lstrip("@") for handle in keep_handles), key=lambda name: (-len(name), name))
    return "|".join(re.escape(name) for name in names if name)
