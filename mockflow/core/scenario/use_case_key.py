"""The scenario language's use cases: templates and defaults that a vendor ships beside those of the plugin."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mockflow.core.base.model import Model, Name, Text


def _text(value: object) -> object:
    """Numbers are written as the plugin's files of defaults have them: as texts."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


class UseCase(Model):
    """A use case: what a create request with its name in use_case makes."""

    template: dict[str, Any] | None = Field(
        default=None,
        description="The template, with placeholders such as ${{create_index.name}}. Default: that of the plugin's use "
        "case of this name, with its defaults.",
    )
    defaults: dict[Name, Annotated[Text, BeforeValidator(_text)]] = Field(
        default={}, description="The values of placeholders that a request does not give."
    )
    required: tuple[Name, ...] = Field(
        default=(), strict=False, description="The placeholders that a request has to give a value."
    )

    def as_plugin(self) -> dict[str, Any]:
        """The keys that are written, in the plugin's form."""
        written = {name: getattr(self, name) for name in self.model_fields_set}
        return {**written, **({"required": list(self.required)} if "required" in written else {})}
