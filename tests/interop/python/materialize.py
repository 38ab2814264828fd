"""Append materialisation intervals to a view with Feast's own call.

Prints the intervals that Feast acknowledged, i.e. whose call returned.
"""

import argparse

import common


def main(arguments: argparse.Namespace) -> dict:
    registry = common.open_sql(arguments.path, arguments.project)
    view = registry.get_any_feature_view(arguments.view, arguments.project)
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
    return parser


if __name__ == "__main__":
    common.run(main, parser())
