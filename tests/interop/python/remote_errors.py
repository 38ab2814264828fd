"""What a client of a registry server raises when something is not there, or not allowed.

With `--read-only` the store may only be read, and the project has an entity `driver` and a view `stats`.
"""

import argparse
from collections.abc import Callable
from typing import Any

from feast import Field, OnDemandFeatureView, Project, types
from feast.infra.infra_object import Infra
from feast.labeling.label_view import LabelView

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
    changed = {"name": "versions", "entities": ["driver"]}
    for features in ({"one": "Int64"}, {"two": "Int64"}):
        definition = apply_objects.view_of({**changed, "features": features}, {"driver": entity})
        registry.apply_feature_view(definition, project)
    pinned_and_changed = apply_objects.view_of(
        {**changed, "features": {"three": "Int64"}, "version": "v0"}, {"driver": entity}
    )
    labels = LabelView(name="labels", entities=[entity], schema=view.schema)
    registry.apply_feature_view(labels, project)
    kept = f"{project}_kept"
    registry.apply_project(Project(name=kept, tags={"feast.dev/protected-project": "true"}))
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
        "a label view has the name": lambda: registry.apply_feature_view(
            apply_objects.view_of({"name": "labels"}, {}), project
        ),
        "a label view under the name of a view": lambda: registry.apply_feature_view(
            LabelView(name="stats", entities=[entity], schema=view.schema), project
        ),
        "a pin together with a change": lambda: registry.apply_feature_view(
            pinned_and_changed, project
        ),
        "deleting a project that is protected": lambda: registry.delete_project(kept),
        "a pin to a version that is not there": lambda: registry.apply_feature_view(
            pinned, project
        ),
        "materialising what is not there": lambda: registry.apply_materialization(
            apply_objects.view_of({"name": NOBODY}, {}), project, *common.interval(0)
        ),
    }


def changes(registry: Any, project: str) -> dict[str, Callable[[], Any]]:
    """Every sort of change, none of which the store allows."""
    view = registry.get_feature_view("stats", project)
    entity = apply_objects.entity_of({"name": NOBODY})
    return {
        "apply_entity": lambda: registry.apply_entity(entity, project),
        "apply_feature_view": lambda: registry.apply_feature_view(
            apply_objects.view_of({"name": NOBODY}, {}), project
        ),
        "apply_project": lambda: registry.apply_project(Project(name=NOBODY)),
        "apply_materialization": lambda: registry.apply_materialization(
            view, project, *common.interval(0)
        ),
        "update_infra": lambda: registry.update_infra(Infra([]), NOBODY),
        "delete_entity": lambda: registry.delete_entity("driver", project),
        "delete_feature_view": lambda: registry.delete_feature_view("stats", project),
        "delete_project": lambda: registry.delete_project(project),
    }


def double(inputs: dict[str, Any]) -> dict[str, Any]:
    return inputs


def main(arguments: argparse.Namespace) -> dict:
    registry = common.open_either(arguments.path, arguments.remote, arguments.project)
    project = arguments.project
    if arguments.read_only:
        calls = changes(registry, project)
    else:
        calls = missing(registry, project) | refused(registry, project)
    return {name: raised(call) for name, call in calls.items()}


def parser() -> argparse.ArgumentParser:
    parser = common.remote_option(common.argument_parser(__doc__))
    parser.add_argument("--read-only", action="store_true", help="change what may only be read")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
