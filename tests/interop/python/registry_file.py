"""Use Feast's own file registry, local or on S3: apply a view, materialise it at once from processes.

Prints the intervals of every feature view in the end. `acknowledged` counts calls that
returned, `failed` those that raised.
"""

import argparse
import collections
import multiprocessing
import os

import apply_objects
import common
from feast.infra.registry.registry import Registry
from feast.repo_config import RegistryConfig


def open_registry(arguments: argparse.Namespace) -> Registry:
    """The registry, as `feature_store.yaml` would configure it."""
    if arguments.endpoint:
        os.environ["FEAST_S3_ENDPOINT_URL"] = arguments.endpoint
        os.environ["AWS_ACCESS_KEY_ID"] = arguments.key
        os.environ["AWS_SECRET_ACCESS_KEY"] = arguments.secret
        os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    return Registry(arguments.project, RegistryConfig(path=arguments.path), None)


def intervals(arguments: argparse.Namespace) -> dict[str, list]:
    """The intervals of each view, as they are stored."""
    views = open_registry(arguments).list_feature_views(arguments.project)
    pairs = {view.name: view.materialization_intervals for view in views}
    return {
        name: [[common.rfc3339(start), common.rfc3339(end)] for start, end in of_view]
        for name, of_view in pairs.items()
    }


def work(arguments: argparse.Namespace, number: int, barrier, results) -> None:
    """One process: its calls start when all processes are ready."""
    registry = open_registry(arguments)
    view = registry.get_feature_view(arguments.view, arguments.project)
    acknowledged, errors = 0, collections.Counter()
    barrier.wait()
    for index in range(number * arguments.calls, (number + 1) * arguments.calls):
        start, end = common.interval(index)
        try:
            registry.apply_materialization(view, arguments.project, start, end)
            acknowledged += 1
        except Exception as error:  # counted: how Feast fails is part of the result
            errors[type(error).__name__] += 1
    results.put((acknowledged, dict(errors)))


def materialise(arguments: argparse.Namespace) -> tuple[int, dict[str, int]]:
    """All processes at once; how many calls were acknowledged, and how others failed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["common"])  # Feast is imported once for all
    barrier, results = context.Barrier(arguments.processes), context.Queue()
    processes = [
        context.Process(target=work, args=(arguments, number, barrier, results))
        for number in range(arguments.processes)
    ]
    for process in processes:
        process.start()
    acknowledged, errors = 0, collections.Counter()
    for _ in processes:
        done, failed = results.get(timeout=arguments.timeout)
        acknowledged += done
        errors.update(failed)
    for process in processes:
        process.join()
    return acknowledged, dict(errors)


def main(arguments: argparse.Namespace) -> dict:
    if arguments.create:
        registry = open_registry(arguments)
        entity = apply_objects.entity_of({"name": "entity"})
        spec = {"name": arguments.view, "entities": ["entity"]}
        registry.apply_entity(entity, arguments.project)
        registry.apply_feature_view(
            apply_objects.view_of(spec, {"entity": entity}), arguments.project
        )
    acknowledged, errors = materialise(arguments) if arguments.processes else (0, {})
    return {
        "acknowledged": acknowledged,
        "failed": sum(errors.values()),
        "errors": errors,
        "views": intervals(arguments),
    }


def parser() -> argparse.ArgumentParser:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--endpoint", help="of the S3 server")
    parser.add_argument("--key", default="")
    parser.add_argument("--secret", default="")
    parser.add_argument("--view", default="hot_view")
    parser.add_argument("--create", action="store_true", help="apply the view first")
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--calls", type=int, default=10, help="calls in each process")
    parser.add_argument("--timeout", type=float, default=600, help="seconds to wait for a process")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
