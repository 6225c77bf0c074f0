"""Every error that the product raises on purpose.

    LayoffsError                 something we can explain; `exit_code` is what the command line ends with
    ├── ConfigError              config.toml or the environment is wrong (exit 2)
    ├── UsageError               a call or command asks for something impossible (exit 2)
    ├── InputError               a file or its content can't be used (exit 1)
    ├── StoreError               the tables can't be read or written (exit 1)
    │   └── StoreBusy            another process holds the tables (exit 75: try again later)
    ├── ModelError               a model or its artefact can't be loaded or run (exit 1)
    └── SourceError              a live source can't be read (exit 1)
        ├── SourceDenied         credentials missing, wrong or revoked (exit 2)
        └── SourceUnavailable    rate limit, outage, deadline: something is left to do (exit 75)

A message says what was received, where, what is valid and what to do. Raise inside; the command line translates once.
They live in the lowest package because every other one raises them.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_PARTIAL = 75


class LayoffsError(Exception):
    """Base of every error raised on purpose."""

    exit_code: ClassVar[int] = EXIT_FAILED


class ConfigError(LayoffsError):
    """Settings can't be used."""

    exit_code = EXIT_USAGE


class UsageError(LayoffsError):
    """The request makes no sense, whatever the data."""

    exit_code = EXIT_USAGE


class InputError(LayoffsError):
    """A file or what it holds can't be used."""


class StoreError(LayoffsError):
    """The tables can't be read or written."""


class StoreBusy(StoreError):  # noqa: N818 (says what happened)
    """Another process is writing; nothing was changed."""

    exit_code = EXIT_PARTIAL


class ModelError(LayoffsError):
    """A model can't be loaded or run."""


class SourceError(LayoffsError):
    """A live source can't be read."""


class SourceDenied(SourceError):  # noqa: N818 (says what happened)
    """Credentials are missing, wrong, expired or revoked."""

    exit_code = EXIT_USAGE


class SourceUnavailable(SourceError):  # noqa: N818 (says what happened)
    """The source answers later: rate limit, outage or deadline."""

    exit_code = EXIT_PARTIAL
