"""What is in the cluster around a step of a run, or around a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockflow.cluster.causes import There
from mockflow.cluster.world import World

if TYPE_CHECKING:
    from mockflow.core.plugin.step_checks.call import Surroundings


def there_in(world: World) -> There:
    """Lookups that give a run the same result each time."""
    return There(
        world.resources,
        world.trusted_endpoints,
        model_access_control=world.has_model_access_control,
        model_urls=world.model_urls,
    )


def around(world: World, there: There | None = None) -> Surroundings:
    """The cluster around a step or a request; `there` are the lookups of a run."""
    from mockflow.core.plugin.step_checks.call import Surroundings  # the checks are large, and few runs need them

    there = there or there_in(world)
    return Surroundings(
        world.version,
        resources=there,
        coming=there.coming,
        deployed=there.deployed,
        groups=there.groups,
        aliases=there.aliases,
        index_settings=there.index_settings,
        ml_indices=there.kinds,
        trusted_endpoints=there.trusted_endpoints,
        model_access_control=there.model_access_control,
        model_urls=there.model_urls,
    )
