"""Change one entity with Feast, as often as asked, one change after the other.

`insert` and `update` apply it under a new description; `recreate` deletes it and applies it again, both within one
second of the clock, which the stamps of Feast count in.
"""

import argparse
import time

import apply_objects
import common

NAME = "hot"


def within_one_second(work) -> None:
    """Begin soon enough after a full second that the work ends in the same one; it takes a tenth of one."""
    if (rest := time.time() % 1) > 0.5:
        time.sleep(1 - rest)
    work()


def main(arguments: argparse.Namespace) -> dict:
    registry = common.open_registry(arguments.path, arguments.project)

    def apply() -> None:
        entity = {"name": NAME, "description": arguments.description}
        registry.apply_entity(apply_objects.entity_of(entity), arguments.project)

    def delete() -> None:
        registry.delete_entity(NAME, arguments.project)

    def recreate() -> None:
        delete()
        apply()

    work = {"insert": apply, "update": apply, "delete": delete, "recreate": recreate}
    within_one_second(work[arguments.change])
    return {}


def parser() -> argparse.ArgumentParser:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--change", required=True)
    parser.add_argument("--description", required=True)
    return parser


if __name__ == "__main__":
    common.run(main, parser())
