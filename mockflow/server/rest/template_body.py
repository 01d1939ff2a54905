"""The template in the body of a create or update."""

from mockflow.core.base.tokens import ContentError
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.step_checks import ahead as step_checks
from mockflow.core.plugin.template import Template
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.plugin.use_cases import Own, expand
from mockflow.core.plugin.versions import Version
from mockflow.server.http.messages import Ahead, Request
from mockflow.server.rest.content import read_content


def read_template(request: Request, use_case: str | None, update_fields: bool, version: Version, own: Own) -> Template:
    """The body as a template, or the template of a use case with the body's values; `own` are those of scenarios.

    Raises FlowFrameworkError, and ContentError for a body that is no template.
    """
    if request.ahead is None:
        return _read(request, use_case, update_fields, version, own)
    key = _key(use_case, update_fields, version)
    return request.ahead.result(key, lambda: _read(request, use_case, update_fields, version, own))


def read_ahead(request: Request, use_case: str | None, update_fields: bool, version: Version, own: Own) -> None:
    """Reads a large body now, which may take long, and keeps what `read_template` gives."""
    ahead = Ahead()
    ahead.keep(
        _key(use_case, update_fields, version),
        lambda: _read(request, use_case, update_fields, version, own),
    )
    request.ahead = ahead


def check_ahead(request: Request, use_case: str | None, update_fields: bool, version: Version, own: Own) -> None:
    """Checks the large steps of a template that was read ahead. Its errors wait for its turn."""
    try:
        template = read_template(request, use_case, update_fields, version, own)
    except (FlowFrameworkError, ContentError):
        return
    step_checks.check_ahead(step_checks.large_steps(template), version)


def _key(use_case: str | None, update_fields: bool, version: Version) -> tuple[str, str | None, bool, str]:
    return "template", use_case, update_fields and use_case is None, version.build


def _read(request: Request, use_case: str | None, update_fields: bool, version: Version, own: Own) -> Template:
    content = read_content(request)
    if use_case is not None:
        content = expand(use_case, content, has_body=bool(request.body), version=version, own=own)
    return parse_template(content, update_fields=update_fields and use_case is None, version=version)
