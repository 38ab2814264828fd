"""What a client of a registry server raises when something is not there, or not allowed."""

import argparse
from collections.abc import Callable
from typing import Any

from feast import Field, OnDemandFeatureView, types

import apply_objects
import common

NOBODY = "nobody"


def raised(call: Callable[[], Any]) -> dict[str, Any]:
    """The class of the exception, those it can be caught as, and what it says."""
    try:
        call()
    except Exception as error:
        bases = [each.__name__ for each in type(error).__mro__]
        return {"class": bases[0], "caught_as": bases[1:], "message": str(error)}
    return {"class": None, "caught_as": [], "message": ""}


def missing(registry: Any, project: str) -> dict[str, Callable[[], Any]]:
    """Asking for and deleting what is not there, for every kind."""
    calls: dict[str, Callable[[], Any]] = {}
    for kind in common.KINDS:
        get = getattr(registry, f"get_{kind.noun}")
        delete = getattr(registry, f"delete_{kind.noun}", registry.delete_feature_view)
        calls[f"get_{kind.noun}"] = lambda get=get: get(NOBODY, project)
        calls[f"get_{kind.noun} cached"] = lambda get=get: get(NOBODY, project, allow_cache=True)
        calls[f"delete_{kind.noun}"] = lambda delete=delete: delete(NOBODY, project)
    calls["get_any_feature_view"] = lambda: registry.get_any_feature_view(NOBODY, project)
    calls["get_project"] = lambda: registry.get_project(NOBODY)
    calls["delete_project"] = lambda: registry.delete_project(NOBODY)
    return calls


def refused(registry: Any, project: str) -> dict[str, Callable[[], Any]]:
    """Changes that break a rule."""
    entity = apply_objects.entity_of({"name": "driver"})
    view = apply_objects.view_of({"name": "stats", "entities": ["driver"]}, {"driver": entity})
    registry.apply_entity(entity, project)
    registry.apply_feature_view(view, project)
    pinned = apply_objects.view_of(
        {"name": "stats", "entities": ["driver"], "version": "v7"}, {"driver": entity}
    )
    taken = OnDemandFeatureView(
        name="stats",
        sources=[view],
        schema=[Field(name="doubled", dtype=types.Float64)],
        mode="python",
        udf=double,
        udf_string="",
    )
    return {
        "a view of another kind has the name": lambda: registry.apply_feature_view(taken, project),
        "a name of another case": lambda: registry.apply_feature_view(
            apply_objects.view_of({"name": "STATS"}, {}), project
        ),
        "a pin to a version that is not there": lambda: registry.apply_feature_view(
            pinned, project
        ),
        "materialising what is not there": lambda: registry.apply_materialization(
            apply_objects.view_of({"name": NOBODY}, {}), project, *common.interval(0)
        ),
    }


def double(inputs: dict[str, Any]) -> dict[str, Any]:
    return inputs


def main(arguments: argparse.Namespace) -> dict:
    registry = common.open_either(arguments.path, arguments.remote, arguments.project)
    calls = missing(registry, arguments.project) | refused(registry, arguments.project)
    return {name: raised(call) for name, call in calls.items()}


def parser() -> argparse.ArgumentParser:
    return common.remote_option(common.argument_parser(__doc__))


if __name__ == "__main__":
    common.run(main, parser())
