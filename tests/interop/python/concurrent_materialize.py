"""Count the intervals that Feast's own registry keeps when processes write at once.

Each process appends its own intervals to one view. `acknowledged` counts calls that
returned, `failed` those that raised, `kept` the intervals that the row holds in the end, `seconds` how long
all calls took together.
"""

import argparse
import collections
import multiprocessing
import time

from google.protobuf.message import DecodeError

import apply_objects
import common


def stored(path: str, project: str, view: str) -> list[common.FeatureView]:
    """The view as it is stored, without Feast."""
    if "://" not in path:
        try:
            views = common.read_file(path).feature_views
        except DecodeError:  # so much for the writers
            return []
        return [each for each in views if (each.spec.project, each.spec.name) == (project, view)]
    return [
        common.FeatureView.FromString(row["feature_view_proto"])
        for row in common.read_table(common.read_engine(path), "feature_views")
        if (row["project_id"], row["feature_view_name"]) == (project, view)
    ]


def kept(path: str, project: str, view: str) -> set[tuple[str, str]]:
    """The stored intervals."""
    return {
        (each.start_time.ToJsonString(), each.end_time.ToJsonString())
        for message in stored(path, project, view)
        for each in message.meta.materialization_intervals
    }


def work(arguments: argparse.Namespace, number: int, barrier, results) -> None:
    """One process: its calls start when all processes are ready."""
    registry = common.open_either(arguments.path, arguments.remote, arguments.project)
    view = registry.get_any_feature_view(arguments.view, arguments.project)
    acknowledged, errors = [], collections.Counter()
    barrier.wait()
    for index in range(number * arguments.calls, (number + 1) * arguments.calls):
        start, end = common.interval(index)
        try:
            registry.apply_materialization(view, arguments.project, start, end)
            acknowledged.append((common.rfc3339(start), common.rfc3339(end)))
        except Exception as error:  # counted: how Feast fails is part of the result
            errors[type(error).__name__] += 1
    results.put((acknowledged, dict(errors)))


def main(arguments: argparse.Namespace) -> dict:
    if arguments.create:
        registry = common.open_either(arguments.path, arguments.remote, arguments.project)
        entity = apply_objects.entity_of({"name": "entity"})
        view = apply_objects.view_of(
            {"name": arguments.view, "entities": ["entity"]}, {"entity": entity}
        )
        registry.apply_entity(entity, arguments.project)
        registry.apply_feature_view(view, arguments.project)
    before = kept(arguments.path, arguments.project, arguments.view)

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["common"])  # Feast is imported once for all
    barrier, results = context.Barrier(arguments.processes + 1), context.Queue()
    processes = [
        context.Process(target=work, args=(arguments, number, barrier, results))
        for number in range(arguments.processes)
    ]
    for process in processes:
        process.start()
    acknowledged, errors = set(), collections.Counter()
    barrier.wait()
    begun = time.monotonic()
    for _ in processes:
        done, failed = results.get(timeout=arguments.timeout)
        acknowledged.update(done)
        errors.update(failed)
    seconds = time.monotonic() - begun
    for process in processes:
        process.join()

    after = kept(arguments.path, arguments.project, arguments.view) - before
    return {
        "seconds": seconds,
        "processes": arguments.processes,
        "calls": arguments.calls,
        "acknowledged": len(acknowledged),
        "failed": sum(errors.values()),
        "errors": dict(errors),
        "kept": len(after),
        "lost": len(acknowledged - after),
    }


def parser() -> argparse.ArgumentParser:
    parser = common.remote_option(common.argument_parser(__doc__))
    parser.add_argument("--view", default="hot_view")
    parser.add_argument("--create", action="store_true", help="apply the view first")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--calls", type=int, default=10, help="calls in each process")
    parser.add_argument("--timeout", type=float, default=600, help="seconds to wait for a process")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
