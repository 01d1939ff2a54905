"""The conditions under which a scenario applies to a client's workflow."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mockflow.core.base.model import Model, Name, Text
from mockflow.core.script.plan import short_form

# The short form of a mapping.
SHORT_FORMS: Final = {"Match": "everything"}


class Match(Model):
    """Which workflows of clients a scenario applies to. All conditions must hold."""

    use_case: Name | None = Field(default=None, description="The template's use_case, such as SEMANTIC_SEARCH.")
    name: Name | None = Field(default=None, description='The template\'s name; * stands for any text: "bedrock*".')
    header: Annotated[dict[Name, Text], Field(min_length=1)] | None = Field(
        default=None, description="Headers of the create request, such as {X-Mockflow-Scenario: slow}."
    )
    everything: Literal[True] | None = Field(
        default=None, description="true: every workflow, without other conditions. Short form: match: everything"
    )

    @model_validator(mode="after")
    def _something(self) -> "Match":
        named = [key for key in type(self).model_fields if getattr(self, key) is not None]
        if not named or (self.everything and len(named) > 1):
            reason = "match has everything beside other keys" if named else "match is empty"
            reason += "; write match: everything, or conditions: use_case, name, header"
            raise PydanticCustomError("match_something", "{reason}", {"reason": reason})
        return self

    def covers(self, *, name: str, use_case: str, headers: Mapping[str, str]) -> bool:
        """Whether the conditions hold for a workflow that is created with these values. Header names ignore case."""
        return (
            (self.use_case is None or self.use_case == use_case)
            and (self.name is None or self._covers_name(name))
            and all(headers.get(header) == value for header, value in (self.header or {}).items())
        )

    def _covers_name(self, name: str) -> bool:
        if not self.has_glob:
            return name == self.name
        return fnmatchcase(name, (self.name or "").replace("[", "[[]"))

    @property
    def specificity(self) -> tuple[bool, bool, int, bool]:
        """The sort key of specificity; the greatest wins: header, exact name, longer glob, use case, everything."""
        return (
            self.header is not None,
            self.name is not None and not self.has_glob,
            len(self.name or "") if self.has_glob else 0,
            self.use_case is not None,
        )

    @property
    def has_glob(self) -> bool:
        """Whether its name stands for several."""
        return self.name is not None and any(mark in self.name for mark in "*?")


def longest_text(glob: str) -> str:
    """The longest text that every name has for which a glob stands."""
    return max(re.split(r"[*?]", glob), key=len)


MATCH: Final = short_form(SHORT_FORMS["Match"], {"everything": True})
