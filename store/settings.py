"""What every section of config.toml is made of."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen part of the settings that refuses unknown keys. A config file is read strictly: "30" is no 30, 1 is no true."""

    # What was received is left out of pydantic's own message, which a script or a traceback may show: it may hold a password.
    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False, hide_input_in_errors=True
    )


def _one_line(name: str) -> str:
    if not name or not name.isprintable():
        raise ValueError("a name has to be one line of visible characters")
    return name


#: What is shown in sentences, tables and charts.
Name: TypeAlias = Annotated[str, AfterValidator(_one_line)]
