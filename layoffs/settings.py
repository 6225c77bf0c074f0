"""config.toml, parsed once into one frozen object. Each package owns its section; this module only puts them together."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from analysis import Company, Event, ModelSettings, Theme, check_companies, check_themes
from collectors import ImportSettings, SourcesSettings
from reports import ReportSettings
from store import ConfigError, Section

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

CONFIG_NAME = "config.toml"
_CREDENTIAL = re.compile(r"token|secret|passw|credential|api_?key|bearer|client_id", re.IGNORECASE)
_LOG_IN = re.compile(r"^(?P<scheme>[a-z+]+://|).*@", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(r"(?P<address>://[^\s?#]*[?#]).*", re.DOTALL)
# pydantic's names of what is wrong → what a TOML file says instead.
_WANTED = {
    "int_type": "a whole number without quotes, such as 30",
    "float_type": "a number without quotes, such as 2.5",
    "finite_number": "a finite number, such as 2.5",
    "bool_type": "true or false, without quotes",
    "string_type": 'a text in quotes, such as "abc"',
    "tuple_type": 'a list in brackets, such as ["a", "b"]',
    "date_type": "a day, such as 2025-10-28",
    "date_parsing": "a day, such as 2025-10-28",
    "dict_type": "a table of key = value",
    "model_type": "a table of key = value",
}


def _folder_of(address: str) -> str:
    """The folder of a file:// address: only a path is locked against a second writer. Raises ValueError."""
    parts = urlsplit(address)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise ValueError(
            "a file:// address names a folder from / on, as in file:///srv/layoffs; else write the path alone"
        )
    return unquote(parts.path)


class StoreSettings(Section):
    """Where the tables live."""

    path: str = "data"
    """Folder, relative to the config file (~ is your home), file:///folder, or s3://bucket/prefix."""
    storage_options: dict[str, str] = Field(default_factory=dict, repr=False)
    """Options for an object store (region, endpoint). Keys belong in the environment, not here."""
    lock_wait_seconds: float = Field(default=60.0, ge=0)
    """How long a second writer waits before it gives up with exit code 75."""

    @field_validator("path")
    @classmethod
    def _path_can_be_meant(cls, path: str) -> str:
        if not path.strip():
            raise ValueError('this has to be a folder; "." is the one of the config file')
        if path.lower().startswith("file:"):
            path = _folder_of(path)
        if "://" in path and not path.startswith(("s3://", "s3a://", "az://", "abfss://", "gs://")):
            raise ValueError("this has to be a folder, or a bucket such as s3://bucket/prefix")
        return str(Path(path).expanduser()) if path.startswith("~") else path


class Settings(Section):
    """Everything config.toml can say."""

    store: StoreSettings = StoreSettings()
    report: ReportSettings = ReportSettings()
    model: ModelSettings = ModelSettings()
    import_: ImportSettings = Field(default=ImportSettings(), alias="import")
    sources: SourcesSettings = SourcesSettings()
    companies: tuple[Company, ...] = ()
    events: tuple[Event, ...] = ()
    themes: tuple[Theme, ...] = ()

    @field_validator("companies")
    @classmethod
    def _companies_are_told_apart(cls, companies: tuple[Company, ...]) -> tuple[Company, ...]:
        names = Counter(company.name.casefold() for company in companies)
        doubled = sorted({company.name for company in companies if names[company.name.casefold()] > 1})
        if doubled:
            raise ValueError(f"named more than once: {', '.join(doubled)}. Keep one of each and merge their words")
        check_companies(companies)
        return companies

    @field_validator("events")
    @classmethod
    def _events_are_told_once(cls, events: tuple[Event, ...]) -> tuple[Event, ...]:
        first: dict[tuple[str, dt.date, str], int] = {}
        for index, event in enumerate(events, 1):
            before = first.setdefault((event.company, event.date, event.stage), index)
            if before != index:
                raise ValueError(
                    f"events {before} and {index} are both {event.company}, {event.date}, {event.stage}. Keep one of them"
                )
        return events

    @field_validator("themes")
    @classmethod
    def _themes_are_told_apart(cls, themes: tuple[Theme, ...]) -> tuple[Theme, ...]:
        check_themes(themes)
        return themes

    @model_validator(mode="after")
    def _names_are_those_of_companies(self) -> Settings:
        known = [company.name for company in self.companies]
        used = [(f"event {index} is about", event.company) for index, event in enumerate(self.events, 1)]
        used += [("[report] pinned names", name) for name in self.report.pinned]
        unknown = [(where, name) for where, name in used if name not in known]
        if unknown:
            names = sorted({name for _, name in unknown})
            near = difflib.get_close_matches(names[0], known, n=1)
            hint = f'Did you mean "{near[0]}"? Else add' if near else "Add"
            places = ", ".join(f'{where} "{name}"' for where, name in unknown[:3])
            more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
            raise ValueError(
                f"{places}{more}: no configured company. {hint} {', '.join(names)} under [[companies]], or remove what names it"
            )
        return self


def default_config() -> str:
    """The commented config.toml that `layoffs init` writes."""
    shipped = resources.files("layoffs") / "default_config.toml"
    if shipped.is_file():
        return shipped.read_text(encoding="utf-8")
    # A checkout keeps the one file at its top; the wheel carries a copy of it.
    return (Path(__file__).parent.parent / CONFIG_NAME).read_text(encoding="utf-8")


def load_settings(path: Path) -> Settings:
    """Parse one config file. Raises ConfigError that names file, key, what is valid and the nearest known key."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"There is no {path}. Run `layoffs init` to write a commented one there, or name another with --config FILE."
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}.") from None
    return parse_settings(text, name=str(path))


def parse_settings(text: str, *, name: str = CONFIG_NAME) -> Settings:
    """Parse the text of a config file; `name` is used in messages. Raises ConfigError."""
    try:
        raw = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is not valid TOML: {error}.") from None
    # As JSON, a list may become a tuple and a text a path, while strictness still refuses "30" for 30 and 1 for true.
    as_json = json.dumps(raw, default=lambda time: time.isoformat())
    try:
        return Settings.model_validate_json(as_json, strict=True)
    except ValidationError as error:
        problems = [_explain(problem) for problem in error.errors(include_url=False)]
        more = f"\n  … and {len(problems) - 8} more" if len(problems) > 8 else ""
        raise ConfigError(f"{name} can't be used:\n  " + "\n  ".join(problems[:8]) + more) from None


def _explain(problem: ErrorDetails) -> str:
    """One line for one problem: the key, what is wrong, what is valid."""
    key = _dotted(problem["loc"])
    if problem["type"] == "extra_forbidden":
        *parents, unknown = problem["loc"]
        known = _keys_at(Settings, parents)
        near = difflib.get_close_matches(str(unknown), known, n=1)
        where = f"[{_dotted(parents)}]" if parents else "The top level"
        did_you_mean = f" Did you mean {near[0]}?" if near else ""
        if not near and _CREDENTIAL.search(str(unknown)):
            did_you_mean = (
                " Tokens and passwords belong in the environment or in .env; `layoffs doctor` names the variables."
            )
        return f"{key} is not a setting.{did_you_mean} {where} knows: {', '.join(known)}."
    wanted = _WANTED.get(problem["type"])
    message = f"this has to be {wanted}" if wanted else problem["msg"].removeprefix("Value error, ")
    received = problem.get("input")
    came = f" (it is {_shown(received)})" if wanted or isinstance(received, str | int | float | bool) else ""
    return f"{key}: {message[:1].lower()}{message[1:]}{came}." if key else f"{message[:1].upper()}{message[1:]}."


def _shown(received: Any) -> str:
    """A value as it stands in the file, without the log-in and the query of an address; tables and lists by their kind."""
    if isinstance(received, dict | list):
        return "a table" if isinstance(received, dict) else "a list"
    if isinstance(received, str):
        received = _QUERY.sub(r"\g<address>•••", _LOG_IN.sub(r"\g<scheme>•••@", received))
    return json.dumps(received, ensure_ascii=False)


def _dotted(location: Sequence[int | str]) -> str:
    """("companies", 3, "name") → "companies[4].name", counted from one as a reader does."""
    dotted = ""
    for part in location:
        dotted += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if dotted else ''}{part}"
    return dotted


def _keys_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """The keys that are valid at a place in the settings."""
    for part in location:
        if isinstance(part, int) or part not in _by_alias(model):
            continue  # a list index, or a freely chosen table name: the model below it is the same
        model = _model_in(_by_alias(model)[part]) or model
    return sorted(_by_alias(model))


def _by_alias(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The settings model inside Optional[X], tuple[X, …] or dict[str, X]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _model_in(argument))), None)
