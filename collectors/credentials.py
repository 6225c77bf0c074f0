"""Secrets: read from the environment, held by one object, shown by nothing."""

from __future__ import annotations

import base64
import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

from dotenv.parser import parse_stream

from store import ConfigError, SourceDenied

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)
MASK: Final = "•••"
_SHORTEST_SECRET = 6  # shorter values would mask everyday text
_HEAD, _TAIL = 400, 250  # characters of a long message; what to do stands at its end


class Credentials:
    """Values by environment variable. `repr` and `str` name the variables that are set, never what they hold."""

    def __init__(self, values: Mapping[str, str]) -> None:
        """Empty values count as not set."""
        self._values = {name: value.strip() for name, value in values.items() if value and value.strip()}
        self._learned: set[str] = set()

    @classmethod
    def from_environment(cls, env_file: Path | str | None = ".env") -> Credentials:
        """The process environment, and what `env_file` adds to it; a missing file is fine. A variable that is set to nothing hides none.

        Raises ConfigError where the file can't be read.
        """
        from_file = _read(Path(env_file)) if env_file else {}
        from_process = {name: value for name, value in os.environ.items() if value.strip()}
        return cls({**{name: value for name, value in from_file.items() if value}, **from_process})

    def get(self, name: str) -> str | None:
        """A value, or None; SourceDenied if no request could carry it."""
        value = self._values.get(name)
        if value is not None and not (value.isascii() and value.isprintable()):
            raise SourceDenied(
                f"{name} holds a character that no token or password has, such as a typographic quote or a line break. Copy it again."
            )
        return value

    def need(self, name: str) -> str:
        """A value; SourceDenied if it isn't set, or as `get`."""
        value = self.get(name)
        if value is None:
            raise SourceDenied(
                f"{name} is not set. Put it into the environment or into .env; `layoffs doctor` says where to get it."
            )
        return value

    def need_pair(self, user: str, password: str) -> tuple[str, str]:
        """Two values that a request carries together, in base64: that form is masked too. Raises as `need`."""
        pair = self.need(user), self.need(password)
        sent = base64.b64encode(":".join(pair).encode()).decode()
        self.learn(sent, sent.rstrip("="))
        return pair

    def missing(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the names that aren't set."""
        return tuple(name for name in names if name not in self._values)

    def learn(self, *secrets: str | None) -> None:
        """Also mask these: tokens that a platform handed out."""
        self._learned.update(secret for secret in secrets if secret and len(secret) >= _SHORTEST_SECRET)

    def redact(self, message: str, *, names: tuple[str, ...]) -> str:
        """The message `without_secrets`, then `shortened`: before, that would leave parts of a secret."""
        return shortened(self.without_secrets(message, names=names))

    def without_secrets(self, message: str, *, names: tuple[str, ...]) -> str:
        """The message without the values of the named variables and without learned tokens, also as links, forms and JSON hold them.

        And without what a table or terminal can't take.
        """
        known = {self._values[name] for name in names if len(self._values.get(name, "")) >= _SHORTEST_SECRET}
        for secret in sorted(known | self._learned, key=len, reverse=True):
            for form in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]):
                message = message.replace(form, MASK)
        return message.encode(errors="replace").decode()

    def __repr__(self) -> str:
        return f"Credentials({len(self._values)} values, masked)"


def shortened(message: str) -> str:
    """The beginning and the end of a long message."""
    return message if len(message) <= _HEAD + _TAIL else f"{message[:_HEAD]} … {message[-_TAIL:]}"


def _read(path: Path) -> dict[str, str]:
    """What a .env file sets; lines that say nothing are named, by number alone, as they may hold a secret."""
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8") as file:
            # A $ in a password is a $: nothing is put in its place.
            lines = list(parse_stream(file))
    except (OSError, UnicodeDecodeError) as error:
        said = (error.strerror if isinstance(error, OSError) else "") or "it is no UTF-8 text"
        raise ConfigError(
            f"{path} can't be read: {said}. It holds lines such as X_BEARER_TOKEN=…, or is not there."
        ) from None
    for line in lines:
        if line.error:
            log.warning("%s, line %d is passed over: it is not NAME=value", path, line.original.line)
    return {line.key: line.value for line in lines if line.key and line.value}
