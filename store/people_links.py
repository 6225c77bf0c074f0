"""Links to people, and what is left of them: a link to a post goes on working without its author's name, one to a person goes.

Rules for `store.masking`: of one sign after the other, in order. On sites whose addresses begin with an account's name, everything
is an account that isn't a known page: new kinds of addresses come up all the time, and a name must not slip through with one.
"""

from __future__ import annotations

from typing import Final

from store.ids import X_SITES

USER: Final = "@user"
PHONE: Final = "[phone]"
#: A Unicode noncharacter: it stands for the slash before a page that is nobody's while the accounts beside it are masked.
PAGE: Final = "\ufdd1"

_SITE: Final = r"(?:https?://)?(?:[a-z]{1,6}\.)?"
_X_HOST: Final = rf"(?:https?://)?(?:(?:www|mobile|m|d|g|t|c|i)\.)?{X_SITES}"
_X: Final = rf"(?i)\b({_X_HOST})/"
_X_PAGES: Final = (
    "home|search|hashtag|explore|intent|share|settings|notifications|messages|compose|jobs|tos|privacy|about|i|login|signup|logout"
    "|account|rules|who_to_follow"
)
_META: Final = r"(?:(?:facebook|fb|instagram|threads)\.(?:com|net)|(?:fb|m)\.me|instagr\.am)"
_META_PAGES: Final = (
    "p|reel|reels|tv|t|explore|share|sharer|groups|events|watch|pages|story|permalink|photo|hashtag|login|help|l|dialog|marketplace"
    "|gaming|business|policies|terms|legal|careers|jobs|media|video|ads|privacy|settings|fundraisers|live|search|accounts|about|direct"
    "|plugins|r[.]php"
)
_VK_PAGES: Final = r"(?:wall|feed|video|clip|photo|album|topic|club|public|event|doc|market|app|away|search|im)[\d_-]*"
# Of the companies themselves, with news on their own layoffs: about.fb.com/news, help.x.com/en
_OFFICES: Final = (
    "about|ads|ai|analytics|api|blog|business|careers|developers?|docs|engineering|help|investor|legal|newsroom|privacy|research"
    "|status|support|tech|transparency"
)

_GIT: Final = r"(?:github|gitlab)\.com"
_GIT_PAGES: Final = (
    "features|topics|about|pricing|explore|trending|marketplace|collections|events|readme|login|join|signup|logout|settings|notifications"
    "|search|security|customer-stories|team|enterprise|nonprofit|site|contact|new|issues|pulls|codespaces|copilot|solutions|resources"
    "|open-source|orgs|apps|organizations|edu|education|mobile|groups|help|dashboard|public|projects|-"
)
# Pages of one person each, to be followed, met, paid or written to.
_CARDS: Final = (
    r"(?:linktr\.ee|calendly\.com|cal\.com|topmate\.io|patreon\.com|about\.me|keybase\.io|paypal\.me|ko-fi\.com)"
)
_CARD_PAGES: Final = (
    "about|blog|pricing|help|login|signup|register|discover|marketplace|terms|privacy|explore|gallery|features|integrations|solutions"
    "|resources|docs|download|legal|careers|contact|security|home|manage|admin|account|team|enterprise|app-store|posts|policy"
)
_TELEGRAM: Final = r"(?:t\.me|telegram\.(?:me|dog))"
_STACK: Final = "(?:stackoverflow|stackexchange|superuser|serverfault|askubuntu)"
# Before a name that is known by what follows it; behind @ it is a mention, and behind a dot a part of one.
_LEFT: Final = r"(^|[^\w.@＠-])(?:https?://)?"

#: Behind a page's name: "photo.php" and "photo/" are one, "photo.by.jane" is an account.
_PAGE_END: Final = r"(?:\.php)?(?:[^\w.%-]|\.(?:\W|$)|$)"
_ACCOUNT: Final = r"[\w.%-]*[\w%-]"
#: The rest of a link, but no full stop or comma of the sentence.
_REST: Final = r"(?:[/?#][^\s)\]]*[\w/=%&-]|/)?"

_THREAD: Final = r"(?:\br/@?[\w.-]+|\breddit\.com)/comments/[0-9a-z]+"
_SLUG: Final = rf"[^\s/?#)\]{PAGE}]*[\w%-]"

_REDIRECT: Final = (
    r"(?i)\b((?:https?://)?(?:[a-z]{1,6}\.)?(?:google\.[a-z]{2,3}(?:\.[a-z]{2})?/url|facebook\.com/l\.php"
    r"|l\.(?:instagram|threads)\.(?:com|net)/|youtube\.com/redirect|linkedin\.com/(?:redir/redirect|safety/go)|vk\.com/away\.php))"
    r"[?][^\s)\]]*[\w/=%&-]"
)


def _pages(site: str, pages: str) -> tuple[str, str]:
    return (rf"(?i)\b({site})/((?:{pages}){_PAGE_END})", "${1}" + PAGE + "${2}")


def _offices(site: str) -> tuple[str, str]:
    return (rf"(?i)\b((?:{_OFFICES})\.{site})/", "${1}" + PAGE)


def _accounts(site: str) -> tuple[str, str]:
    return (rf"(?i)\b{site}/{_ACCOUNT}{_REST}", USER)


# Rules stand behind what they can't match without: polars keeps 32 compiled patterns, and to compile one takes a millisecond, as
# long as a page of posts.
LINKS: Final = (
    # What they lead to is written so that no rule reads it: google.com/url?q=https%3A%2F%2Fx.com%2Fjane
    (["/url?", "/l.php?", "//l.", "/redirect?", "/safety/go?", "/away.php?"], ((_REDIRECT, "${1}"),)),
    (
        ["linkedin.com/"],
        (
            (
                r"(?i)\b((?:https?://)?(?:[a-z]{2,4}\.)?linkedin\.com)/posts/[^\s/?#]*?[-_](activity|ugcPost|share)-(\d+)[^\s)\]]*",
                "${1}/feed/update/urn:li:${2}:${3}",
            ),
            (rf"(?i)\b{_SITE}linkedin\.com/(?:(?:comm|mwlite)/)?(?:in|pub|profile/view)[/?][^\s)\]]+", USER),
            # What has no number to be known by, or has lost it: shared posts, and links that end in dots.
            (rf"(?i)\b({_SITE}linkedin\.com/posts)/[^\s/?#)\]@＠]*[\w%-]{_REST}", "${1}/" + USER),
            # An article's address ends in its author's name and works with nothing less.
            (rf"(?i)\b({_SITE}linkedin\.com/pulse)/[^\s)\]]+", "${1}/" + USER),
        ),
    ),
    (
        ["reddit.com/u", "r/u_"],
        (
            (
                r"(?i)\b((?:https?://)?(?:[a-z]{2,6}\.)?reddit\.com)/u(?:ser)?/[\w-]+/comments/(\w+)",
                "${1}/comments/${2}",
            ),
            (rf"(?i)\b{_SITE}reddit\.com/u(?:ser)?/[^\s)\]]+", USER),
            (r"(?i)(^|\W)r/u_[\w-]+", "${1}r/" + USER),
        ),
    ),
    # Between a thread and a comment stands the title once more, in letters that no other rule reads: /comments/1a/ujanedoe_fired_me/
    (
        ["/comments/"],
        (
            (rf"(?i)({_THREAD})/{_SLUG}/([0-9a-z]+)", "${1}/" + PAGE + "/${2}"),
            (rf"(?i)({_THREAD})/{_SLUG}/?", "${1}/"),
            (PAGE, "_"),
        ),
    ),
    (
        ["bsky.app/profile/"],
        (
            (r"(?i)\b((?:https?://)?bsky\.app/profile)/[^\s/?#)\]]+/post/", "${1}" + PAGE + "user/post/"),
            (rf"(?i)\b(?:https?://)?bsky\.app/profile/[^\s/?#)\]{PAGE}]*[\w%-]{_REST}", USER),
            (PAGE, "/"),
        ),
    ),
    (
        ["instagram.", "facebook.", "fb.", "threads.", "instagr.am/", "m.me/", "ig.me/m/"],
        (
            (rf"(?i)\b({_SITE}instagram\.com)/[\w.]+/(p|reel|tv)/", "${1}/${2}/"),
            (rf"(?i)\b({_SITE}(?:facebook|fb)\.com)/[\w.]+/(posts|videos|photos)/", "${1}/" + USER + "/${2}/"),
            # A page of its own, and a member's of a group: p/Jane-Doe-1000…, groups/jobs/user/1000…
            (rf"(?i)\b{_SITE}(?:facebook|fb)\.com/(?:p|groups/[\w.-]+/user)/[\w.%-]+/?", USER),
            (rf"(?i)\b{_SITE}ig\.me/m/{_ACCOUNT}{_REST}", USER),
            _offices(_META),
            _pages(_SITE + _META, _META_PAGES),
            _accounts(_SITE + _META),
            (PAGE, "/"),
        ),
    ),
    (
        ["t.me/", "telegram.me/", "telegram.dog/"],
        (
            (rf"(?i)\b({_SITE}{_TELEGRAM})/(?:s/)?[a-z]\w{{3,}}/(\d+)", "${1}/" + USER + "/${2}"),
            (rf"(?i)\b{_SITE}{_TELEGRAM}/[a-z]\w{{3,}}/?", USER),
            (rf"(?i)\b(?:https?://)?{_TELEGRAM}/\+\d{{7,15}}\b", PHONE),
        ),
    ),
    (
        ["github.com/", "gitlab.com/"],
        (
            (rf"(?i)\b(?:https?://)?api\.{_GIT}/(?:users|repos)/{_ACCOUNT}{_REST}", USER),
            _offices(_GIT),
            _pages(_SITE + _GIT, _GIT_PAGES),
            _accounts(_SITE + _GIT),
            (PAGE, "/"),
        ),
    ),
    (
        [
            "linktr.ee/",
            "calendly.com/",
            "cal.com/",
            "topmate.io/",
            "patreon.com/",
            "about.me/",
            "keybase.io/",
            "paypal.me/",
            "ko-fi.com/",
        ],
        (
            _offices(_CARDS),
            _pages(_SITE + _CARDS, _CARD_PAGES),
            _accounts(_SITE + _CARDS),
            (PAGE, "/"),
        ),
    ),
    (["cash.app/"], ((rf"(?i)\b{_SITE}cash\.app/(?:\$|%24)[\w-]+{_REST}", USER),)),
    (["paypalme/"], ((rf"(?i)\b{_SITE}paypal\.com/(?:[a-z]{{2}}/)?paypalme/{_ACCOUNT}{_REST}", USER),)),
    (["snapchat.com/add/"], ((rf"(?i)\b{_SITE}snapchat\.com/add/{_ACCOUNT}{_REST}", USER),)),
    (
        ["quora.com/"],
        (
            (rf"(?i)\b{_SITE}quora\.com/profile/{_ACCOUNT}{_REST}", USER),
            (rf"(?i)\b({_SITE}quora\.com/[^\s/?#)\]]+/answers?)/{_ACCOUNT}", "${1}/" + USER),
        ),
    ),
    (
        [
            "stackoverflow.com/users/",
            "stackexchange.com/users/",
            "superuser.com/users/",
            "serverfault.com/users/",
            "askubuntu.com/users/",
        ],
        (
            (
                rf"(?i)\b(?:https?://)?(?:[a-z]+\.)*{_STACK}\.com/users/(?:story/|cv/)?\d+{_REST}",
                USER,
            ),
        ),
    ),
    (
        ["substack.com"],
        (
            (rf"(?i)\b{_SITE}substack\.com/profile/{_ACCOUNT}{_REST}", USER),
            (r"(?i)\b((?:www|support|on|blog|about|api)\.)(substack\.com)", "${1}" + PAGE + "${2}"),
            (rf"(?i){_LEFT}(?:[\w-]+\.)+substack\.com{_REST}", "${1}" + USER),
            (PAGE, ""),
        ),
    ),
    (
        [".medium.com"],
        (
            (
                r"(?i)\b((?:www|help|blog|policy|about|api|link|miro|cdn-images-\d)\.)(medium\.com)",
                "${1}" + PAGE + "${2}",
            ),
            (rf"(?i){_LEFT}(?:[\w-]+\.)+medium\.com{_REST}", "${1}" + USER),
            (PAGE, ""),
        ),
    ),
    (["xing.com/profile/"], ((rf"(?i)\b{_SITE}xing\.com/profile/[^\s)\]]+", USER),)),
    (
        ["vk.com/"],
        (
            _pages(_SITE + r"vk\.com", _VK_PAGES),
            _accounts(_SITE + r"vk\.com"),
            (PAGE, "/"),
        ),
    ),
    (
        ["youtube.com/user/", "youtube.com/c/"],
        ((rf"(?i)\b{_SITE}youtube\.com/(?:user|c)/{_ACCOUNT}{_REST}", USER),),
    ),
    (["ycombinator.com/user"], ((rf"(?i)\b{_SITE}ycombinator\.com/user[?]id=[\w-]+", USER),)),
    (
        ["/users/"],
        (
            (r"(?i)/users/[\w.-]*[\p{L}_][\w.-]*/(statuses)/", "/users/" + USER + "/${1}/"),
            _pages(rf"{_SITE}{_STACK}\.com/users", "login|signup|logout"),
            (
                (
                    r"(?i)((?:\bhttps?://[\w.:-]+|(?:^|[^\w./@＠-])(?:[\w-]+\.)+\p{L}{2,})(?:/ap)?/users/)"
                    r"(?:[\w.-]*[\p{L}_][\w.-]*[\w-]|[\p{L}_])"
                ),
                "${1}" + USER,
            ),
            (PAGE, "/"),
        ),
    ),
    (
        ["x.com/", "twitter.com/", "xcancel.com/", "twittpr.com/", "nitter."],
        (
            (_X + r"\w{1,30}/status(?:es)?/(\d+)", "${1}/i/status/${2}"),
            (_X + r"(?:i/web|i)/status/(\d+)", "${1}/i/status/${2}"),
            (
                rf"(?i)\b{_X_HOST}/(?:(?:intent|share)\b[^\s)\]]*?(?:screen_name|user_id|via|related)=|i/user/)[^\s)\]]*[\w/=%&-]",
                USER,
            ),
            _offices(X_SITES),
            _pages(_X_HOST, _X_PAGES),
            _accounts(_X_HOST),
            (PAGE, "/"),
        ),
    ),
    # Accounts of Bluesky and its kind: at://did:plc:…/app.bsky.feed.post/3k, at://jane.example/…, did:web:jane.example
    (["at://"], ((r"(?i)\bat://(?:did:[a-z]+:)?[\w.:%-]+", "at://" + USER),)),
    ([".bsky.social"], ((rf"(?i){_LEFT}(?:[\w-]+\.)+bsky\.social\b{_REST}", "${1}" + USER),)),
    (["did:plc:", "did:web:", "did:key:"], ((r"(?i)\bdid:(?:plc|web|key):[\w.:%-]*\w", USER),)),
    (
        ["wa.me/", "whatsapp.com/"],
        (
            (
                r"(?i)\b(?:https?://)?(?:wa\.me|(?:api\.|web\.)?whatsapp\.com/send)/?(?:[?][^\s)\]]*?phone=)?(?:\+|%2B)?\d{6,15}[^\s)\]]*",
                PHONE,
            ),
            (r"(?i)\b(?:https?://)?wa\.me/(?:message|qr)/\w+", USER),
        ),
    ),
    (["signal.me/"], ((r"(?i)\b(?:https?://)?signal\.me/#p/\+\d{7,15}\b", PHONE),)),
    (["/@", "/＠"], ((r"/[@＠][\w.-]*\w(?:[@＠][\w.-]*\w)?", "/" + USER),)),
)
#: What a text without any link to a person has none of.
LINKED: Final = [sign for signs, _ in LINKS for sign in signs]
#: A link that the rules leave as it is. Most that are collected look so, and to try the rules on them took half as long as a page.
NAMELESS: Final = (
    r"^https://(?:x\.com/i/status/\d+|bsky\.app/profile/user/post/\w+|news\.ycombinator\.com/item\?id=\d+"
    # Communities called u_NAME are people's own.
    r"|www\.reddit\.com/r/(?:[^\WuU]|[uU][^\W_])\w*/comments/\w+/(?:_/\w+/)?)$"
)
