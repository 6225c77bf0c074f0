"""What every section of config.toml is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen part of the settings that refuses unknown keys. A config file is read strictly: "30" is no 30, 1 is no true."""

    # What was received is left out of pydantic's own message, which a script or a traceback may show: it may hold a password.
    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False, hide_input_in_errors=True
    )
