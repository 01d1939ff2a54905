"""Parameters that several cat tables read (docs/reference/opensearch.md, "Cat tables")."""

from collections.abc import Callable, Iterable

from mockflow.core.opensearch.indices.listing import OPEN_AND_CLOSED, IndexRow, IndicesOptions
from mockflow.server.endpoints.indices import found_indices
from mockflow.server.endpoints.request_options import read_indices_options, read_manager_timeout
from mockflow.server.rest.call import Call
from mockflow.server.rest.parameters import Parameters


def read_manager_parameters(parameters: Parameters) -> None:
    """Reads `local` and the two names of the cluster manager's timeout."""
    parameters.boolean("local")
    read_manager_timeout(parameters)


def read_index_expression(
    call: Call, defaults: IndicesOptions = OPEN_AND_CLOSED
) -> Callable[[Iterable[IndexRow]], Iterable[IndexRow]]:
    """A function that selects the indices of the path, aliases resolved; 404 for a missing one."""
    options = read_indices_options(call.parameters, defaults)
    expression = call.value("index")

    def chosen(indices: Iterable[IndexRow]) -> Iterable[IndexRow]:
        by_name = {index.name: index for index in indices}
        return [by_name[name] for name in found_indices(call.world, expression, options)]

    return chosen
