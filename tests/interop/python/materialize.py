"""Append materialisation intervals to a view with Feast's own call.

Prints the intervals that Feast acknowledged, i.e. whose call returned. With `--meanwhile` a
command runs in the middle of the first call, as another process may at any time.
"""

import argparse
import json
import subprocess

from feast.infra.registry.sql import SqlRegistry

import common


def between_read_and_write(registry: SqlRegistry, command: list[str]) -> None:
    """Run a command once, when Feast has read the view and is about to write it."""
    write = registry._apply_object

    def run_and_write(*arguments, **named):
        registry._apply_object = write  # it calls itself, then in a transaction
        subprocess.run(command, check=True, capture_output=True)
        return write(*arguments, **named)

    registry._apply_object = run_and_write


def main(arguments: argparse.Namespace) -> dict:
    registry = common.open_registry(arguments.path, arguments.project)
    view = registry.get_any_feature_view(arguments.view, arguments.project)
    if arguments.meanwhile:
        between_read_and_write(registry, json.loads(arguments.meanwhile))
    acknowledged = []
    for index in range(arguments.start_index, arguments.start_index + arguments.count):
        start, end = common.interval(index)
        registry.apply_materialization(view, arguments.project, start, end)
        acknowledged.append([common.rfc3339(start), common.rfc3339(end)])
    return {"view": arguments.view, "acknowledged": acknowledged}


def parser() -> argparse.ArgumentParser:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--view", required=True)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--start-index", type=int, default=0, help="number of the first interval")
    parser.add_argument("--meanwhile", help="a command, as JSON, between Feast's read and write")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
