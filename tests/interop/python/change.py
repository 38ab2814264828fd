"""Change one entity, or one feature view, with Feast.

`insert` and `update` apply the entity under a new description; `recreate` deletes it and applies it again, both within one
second of the clock, which the stamps of Feast count in. So do `describe`, `drop` and `renew` with the view; `grow` gives it
other features, which makes a version, and `materialize` the next interval.
"""

import argparse
import time

import apply_objects
import common

NAME = "hot"
VIEW = "hot_view"


def within_one_second(work) -> None:
    """Begin soon enough after a full second that the work ends in the same one; it takes a tenth of one."""
    if (rest := time.time() % 1) > 0.5:
        time.sleep(1 - rest)
    work()


def main(arguments: argparse.Namespace) -> dict:
    registry = common.open_registry(arguments.path, arguments.project)
    project = arguments.project

    def apply() -> None:
        entity = {"name": NAME, "description": arguments.description}
        registry.apply_entity(apply_objects.entity_of(entity), project)

    def delete() -> None:
        registry.delete_entity(NAME, project)

    def recreate() -> None:
        delete()
        apply()

    def view(feature: str, **fields: str) -> None:
        spec = {"name": VIEW, "features": {feature: "Int64"}, **fields}
        registry.apply_feature_view(apply_objects.view_of(spec, {}), project)

    def grow() -> None:
        view(arguments.description.replace(" ", "_"))

    def describe() -> None:
        features = registry.get_feature_view(VIEW, project).features
        view(features[0].name, description=arguments.description)

    def drop() -> None:
        registry.delete_feature_view(VIEW, project)

    def renew() -> None:
        drop()
        grow()

    def materialize() -> None:
        found = registry.get_feature_view(VIEW, project)
        number = len(found.materialization_intervals)
        registry.apply_materialization(found, project, *common.interval(number))

    work = {
        "insert": apply,
        "update": apply,
        "delete": delete,
        "recreate": recreate,
        "grow": grow,
        "describe": describe,
        "drop": drop,
        "renew": renew,
        "materialize": materialize,
    }
    within_one_second(work[arguments.change])
    return {}


def parser() -> argparse.ArgumentParser:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--change", required=True)
    parser.add_argument("--description", required=True)
    return parser


if __name__ == "__main__":
    common.run(main, parser())
