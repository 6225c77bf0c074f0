"""What identifies a person is taken out of texts and links before they are stored: regular expressions for polars' engine.

That engine has no look-around, so a pattern that needs a boundary captures it and puts it back. Rules run in order; what one
writes, no later one and no second run may match: masking twice gives the same text (tested with generated texts).
"""

from __future__ import annotations

import functools
import itertools
import re
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from store.people_links import LINKED, LINKS, NAMELESS, PAGE, PHONE, USER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EMAIL: Final = "[email]"
# A Unicode noncharacter: it stands for the @ of a company's account while the rest is masked.
_KEPT: Final = "\ufdd0"
_NONCHARACTERS: Final = f"[{_KEPT}{PAGE}]"
_PASSES: Final = 4

_NAME: Final = r"(?:[^\[\]\n]|\[[^\[\]\n]*\])+"  # also "Jane [HR] Doe"
_MENTIONS: Final = (
    (rf"@?\[({_NAME})\]\(urn:li:(?:organization|company|school)[^)\s]*\)", "${1}"),
    (rf"@?\[{_NAME}\]\(urn:[^)\s]*\)", USER),
    (r"(?i)(^|[^\w])/?u/[a-z0-9_-]{3,20}", "${1}" + USER),
)
_MENTIONED: Final = ["](urn:", "u/"]
_AT: Final = "[@＠]"
# Blanks of print (thin, no-break, …), hyphens and dashes, and characters of no width that hide what stands beside them.
_BLANK: Final = r" \u00a0\u2000-\u200a\u202f\u205f\u3000"
_DASH: Final = r"\u2010-\u2015\u2212\uff0d\-"
_NOTHING: Final = r"\u00ad\u200b-\u200d\u2060\ufeff"
_EMAIL: Final = (
    rf"(^|[^\w.+%@＠{_NOTHING}-])[\w.+%{_NOTHING}-]{{1,64}}[@＠][{_BLANK}{_NOTHING}]?[\w-]+(?:\.[\w-]+)*\.\p{{L}}{{2,}}",
    "${1}" + EMAIL,
)
_AT_DOMAIN: Final = rf"[@＠][{_BLANK}{_NOTHING}]?[\w-]+(?:\.[\w-]+)*\.\p{{L}}"
_OPEN, _CLOSE = rf"[{_BLANK}]?[(\[{{<][{_BLANK}]?", rf"[{_BLANK}]?[)\]}}>][{_BLANK}]?"
_BARE_AT: Final = "(?:at|ät|[@＠])"
_SPELT_AT: Final = rf"(?i)[(\[{{<][{_BLANK}]?{_BARE_AT}[{_BLANK}]?[)\]}}>]"
_SPELT_DOT: Final = rf"(?:{_OPEN}(?:dot|punkt|\.){_CLOSE}| (?:dot|punkt) )"
_SPELT_EMAIL: Final = (
    (
        rf"(?i)(^|[^\w.+%@＠-])[\w.+%-]{{1,64}}{_OPEN}{_BARE_AT}{_CLOSE}[\w-]+"
        rf"(?:(?:\.|{_SPELT_DOT})[\w-]+)+"
    ),
    "${1}" + EMAIL,
)
# An @, but no dot: jane@gmail dot com, jane@example[.]com, jane@example,com
_AT_NO_DOT: Final = rf"[@＠][{_NOTHING}]?[\w.-]+(?:(?:{_SPELT_DOT}\p{{L}}{{2,}})+|,(?:com|net|org|edu|io)\b)"
_DOTLESS_EMAIL: Final = (
    rf"(?i)(^|[^\w.+%@＠{_NOTHING}-])[\w.+%{_NOTHING}-]{{1,64}}{_AT_NO_DOT}",
    "${1}" + EMAIL,
)
# As links hold it: mailto:jane%40example.com
_QUOTED_AT: Final = ["%40"]
_QUOTED_EMAIL: Final = (
    r"(^|[^\w.+%@＠-])[\w.+%-]{1,64}%40[\w-]+(?:\.[\w-]+)*\.\p{L}{2,}",
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
# With a blank before the @ only names that are no words, and hosts of mail: "laid off @ booking.com" names an employer.
_APART_EMAIL: Final = (
    (
        rf"(?i)(^|[^\w.+%@＠-])(?:\p{{L}}[\w+%-]*[._][\w.+%-]*[\w+%-][{_BLANK}][@＠][{_BLANK}]?[\w-]+(?:\.[\w-]+)*\.\p{{L}}{{2,}}"
        rf"|[\w.+%-]*[\w+%-][{_BLANK}][@＠][{_BLANK}]?(?:{'|'.join(_MAIL_HOSTS)})\.\p{{L}}{{2,}})"
    ),
    "${1}" + EMAIL,
)
# A chain such as @name@server.tld is one mention; so is @name.bsky.social. A tail is lower case: "@name.Thanks" keeps its word.
_TAIL: Final = r"[\p{Ll}\p{Lo}\p{Nd}]+\b"
_HANDLE: Final = rf"[@＠][{_NOTHING}]*\w+(?:[.-]{_TAIL})*(?:[@＠][\w-]+(?:[.-]{_TAIL})*)*"

_LEFT: Final = r"(^|[^\w.,:$€£¥#=/+＋@%&-])"
_SEP: Final = rf"[{_BLANK}{_NOTHING}{_DASH}./·]{{0,3}}"
_MANY_DIGITS: Final = rf"\d(?:{_SEP}[()]?\d[()]?){{6}}"
_ANNOUNCED: Final = (
    r"(?i)\b(tel|telefon|ph|phone|call|text|sms|whats ?app|mob|mobile|handy|cell|fax|hotline|t[ée]l[ée]fono?|m[óo]vil|celular|sđt|zalo"
    rf"|điện thoại)(\.?:?[{_BLANK}]?(?:(?:me|us|at|on|số|no\.?|nr\.?|number) )?)(?:[+＋] ?)?\(?\d(?:{_SEP}\(?\d\)?){{6,14}}\b"
)
# From one year or number of thousands to another: 2023–2025, 10.000–15.000. They are held apart while numbers are masked.
_RANGES: Final = (
    (r"\b((?:19|20)\d{2} ?)([–—] ?(?:19|20)\d{2})\b", "${1}" + PAGE + "${2}"),
    (r"\b(\d{1,3}(?:\.\d{3})+ ?)([–—] ?\d{1,3}(?:\.\d{3})+)\b", "${1}" + PAGE + "${2}"),
)
_PHONES: Final = (
    # a word that announces one: Tel. 612 345 678
    (_ANNOUNCED, "${1}${2}" + PHONE),
    # +49 (0)171 123-4567, 0049 171 1234567: 8 to 15 digits
    # also behind a colon, which before 00 may be a time's
    (rf"(^|[^\w.,:$€£¥#=/+＋@%&-]|\()00[1-9](?:{_SEP}\(?\d\)?){{7,14}}\b", "${1}" + PHONE),
    (rf"(^|[^\w.,$€£¥#=/+＋@%&-]|\()[+＋][{_BLANK}]?[1-9](?:{_SEP}\(?\d\)?){{7,14}}\b", "${1}" + PHONE),
    # (415) 555-0123, 415-555-0123, 1-800-555-0123
    (
        rf"{_LEFT}(?:1[.{_BLANK}{_DASH}])?(?:\(\d{{3}}\)[{_BLANK}]?|\d{{3}}[.{_BLANK}{_DASH}])\d{{3}}[.{_DASH}]\d{{4}}\b",
        "${1}" + PHONE,
    ),
    (rf"{_LEFT}(?:1 )?(?:\(\d{{3}}\)[{_BLANK}]?|\d{{3}}[{_BLANK}])\d{{3}}[{_BLANK}]\d{{4}}\b", "${1}" + PHONE),
    # 415-555 0123, but no range before a year: 200-300 2025
    (
        rf"{_LEFT}(?:1[.{_BLANK}{_DASH}])?[2-9]\d{{2}}[.\u2010\u2011-][2-9]\d{{2}}[{_BLANK}](?:[03-9]\d|1[0-8]|2[1-9])\d{{2}}\b",
        "${1}" + PHONE,
    ),
    # (11) 98765-4321
    (rf"{_LEFT}\(\d{{2}}\)[{_BLANK}]?9?\d{{4}}[{_DASH}]\d{{4}}\b", "${1}" + PHONE),
    # 06 12 34 56 78, one separator throughout: 01.02.2025 10:30 is none
    (
        rf"{_LEFT}0[1-9](?:(?:[{_BLANK}]\d{{2}}){{4}}|(?:\.\d{{2}}){{4}}|(?:[{_DASH}]\d{{2}}){{4}})\b",
        "${1}" + PHONE,
    ),
    # 0171 1234567, (030) 123 456, 030/1234567, 0912.345.678, 020 7946 0958
    (
        (
            rf"{_LEFT}\(?0\d{{2,4}}\)?(?:[{_BLANK}]?[/{_DASH}][{_BLANK}]?|[{_BLANK}.])"
            rf"(?:\d{{5,8}}|\d{{3,4}}(?:[{_BLANK}.{_DASH}]\d{{2,4}}){{1,3}})\b"
        ),
        "${1}" + PHONE,
    ),
    # 0912345678
    (_LEFT + r"0[1-9]\d{8,9}\b", "${1}" + PHONE),
)
#: Most numbers are none, and to try nine rules on a number takes nine times as long as to try them at once.
_ANY_PHONE: Final = "|".join(f"(?:{pattern})" for pattern, _ in _PHONES)


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
    shown = _of(texts).select_seq(step.shown_in(pl.col("text")).alias(str(n)) for n, step in enumerate(_STEPS))
    for step, rows in zip(_STEPS, shown, strict=True):
        texts = _where(texts, rows, functools.partial(step.change, keep_handles=keep_handles))
    return texts


def mask_links(texts: pl.Series) -> pl.Series:
    """Links to posts lose the author's name, links to people become "@user"."""
    return _where(texts, texts.str.contains_any(LINKED, ascii_case_insensitive=True), _without_links)


def changed_rows(
    columns: Sequence[pl.Series], rows: Sequence[pl.Series], change: Callable[[pl.Series], pl.Series]
) -> list[pl.Series]:
    """The columns (String) with these rows (numbers) of each changed, all in one go."""
    changed = change(pl.concat([column.gather(at).rename("") for column, at in zip(columns, rows, strict=True)]))
    starts = itertools.accumulate((len(at) for at in rows), initial=0)
    return [
        column.clone().scatter(at, changed.slice(start, len(at)))  # scatter works in place
        for column, at, start in zip(columns, rows, starts, strict=False)
    ]


def _where(texts: pl.Series, rows: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Change these rows only: most texts need few rules, and a rule costs up to 10 µs a text."""
    return changed_rows([texts], [rows.arg_true()], change)[0] if rows.any() else texts


def _by_rules(texts: pl.Series, rules: Sequence[tuple[str, str]]) -> pl.Series:
    for pattern, replacement in rules:
        texts = texts.str.replace_all(pattern, replacement)
    return texts


def _without_links(texts: pl.Series) -> pl.Series:
    holds = _of(texts).select_seq(
        pl.col("text").str.contains_any(signs, ascii_case_insensitive=True).alias(signs[0]) for signs, _ in LINKS
    )
    for signs, rules in LINKS:
        texts = _where(texts, holds[signs[0]], functools.partial(_by_rules, rules=rules))
    return texts


def _without_accounts(texts: pl.Series, keep_handles: frozenset[str]) -> pl.Series:
    # Before a company's account can be seen in it: jane@amazon dot com
    texts = _where(
        texts, texts.str.contains(f"(?i){_AT_NO_DOT}"), functools.partial(_by_rules, rules=(_DOTLESS_EMAIL,))
    )
    if kept := _kept_pattern(keep_handles):
        texts = texts.str.replace_all(rf"(?i)[@＠]({kept})([^\w.@＠-]|[.-](?:[^\w@＠]|$)|$)", _KEPT + "${1}${2}")
    texts = _where(texts, texts.str.contains(_AT_DOMAIN), functools.partial(_by_rules, rules=(_EMAIL, _APART_EMAIL)))
    return _by_rules(texts, ((_HANDLE, USER), (_KEPT, "@")))


def _without_phones(texts: pl.Series) -> pl.Series:
    return _where(
        texts, texts.str.contains(_ANY_PHONE), functools.partial(_by_rules, rules=(*_RANGES, *_PHONES, (PAGE, "")))
    )


def _of(texts: pl.Series) -> pl.DataFrame:
    return texts.alias("text").to_frame()


class _Step(NamedTuple):
    """What is done to the texts that show a sign, and to no other."""

    sign: str | list[str]
    """A pattern, or pieces of text in any case."""
    change: Callable[..., pl.Series]

    def shown_in(self, text: pl.Expr) -> pl.Expr:
        if isinstance(self.sign, str):
            return text.str.contains(self.sign)
        return text.str.contains_any(self.sign, ascii_case_insensitive=True)

    def pattern(self) -> str:
        if isinstance(self.sign, str):
            return f"(?:{self.sign})"
        return "|".join(f"(?i:{re.escape(piece)})" for piece in self.sign)


def _plain(change: Callable[[pl.Series], pl.Series]) -> Callable[..., pl.Series]:
    return lambda texts, **_settings: change(texts)


def _rules(*rules: tuple[str, str]) -> Callable[..., pl.Series]:
    return _plain(functools.partial(_by_rules, rules=rules))


#: Every rule stands here behind its sign; where texts need a mask at all is read from this table too, so that no rule is missed.
_STEPS: Final = (
    _Step(_NONCHARACTERS, _rules((_NONCHARACTERS, ""))),
    _Step(LINKED, _plain(_without_links)),
    _Step(_MENTIONED, _rules(*_MENTIONS)),
    _Step(_QUOTED_AT, _rules(_QUOTED_EMAIL)),
    _Step(_AT, _without_accounts),
    _Step(_SPELT_AT, _rules(_SPELT_EMAIL)),
    _Step(_AT_HOST, _rules(_WORDS_EMAIL)),
    _Step(_MANY_DIGITS, _plain(_without_phones)),
)
_ANY_SIGN: Final = "|".join(step.pattern() for step in _STEPS)


@functools.lru_cache(maxsize=8)
def _kept_pattern(keep_handles: frozenset[str]) -> str:
    names = sorted((handle.strip().lstrip("@") for handle in keep_handles), key=lambda name: (-len(name), name))
    return "|".join(re.escape(name) for name in names if name)
