"""Use Feast's own file registry, local or on S3: apply a view, materialise it at once from processes.

Prints the intervals of every feature view in the end. `acknowledged` counts calls that
returned, `failed` those that raised; `seconds` is how long all processes took, once they were
ready. With `--meanwhile` a command runs between Feast's read and its write, as another process may at any time.
"""

import argparse
import collections
import json
import multiprocessing
import os
import subprocess
import time

from google.protobuf.message import DecodeError

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
    try:
        views = open_registry(arguments).list_feature_views(arguments.project)
    except DecodeError:  # so much for the writers
        return {}
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


def materialise(arguments: argparse.Namespace) -> dict:
    """All processes at once; how many calls were acknowledged, how others failed, and the time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["common"])  # Feast is imported once for all
    barrier, results = context.Barrier(arguments.processes + 1), context.Queue()
    processes = [
        context.Process(target=work, args=(arguments, number, barrier, results))
        for number in range(arguments.processes)
    ]
    for process in processes:
        process.start()
    barrier.wait()
    begun = time.perf_counter()
    acknowledged, errors = 0, collections.Counter()
    for _ in processes:
        done, failed = results.get(timeout=arguments.timeout)
        acknowledged += done
        errors.update(failed)
    seconds = time.perf_counter() - begun
    for process in processes:
        process.join()
    return {
        "acknowledged": acknowledged,
        "failed": sum(errors.values()),
        "errors": dict(errors),
        "seconds": seconds,
    }


def materialise_around(arguments: argparse.Namespace) -> None:
    """One call, with a command between its read and its write."""
    registry = open_registry(arguments)
    view = registry.get_feature_view(arguments.view, arguments.project)
    write = registry._registry_store.update_registry_proto

    def run_and_write(*content) -> None:
        subprocess.run(json.loads(arguments.meanwhile), check=True, capture_output=True)
        write(*content)

    registry._registry_store.update_registry_proto = run_and_write
    registry.apply_materialization(view, arguments.project, *common.interval(0))


def read_until(arguments: argparse.Namespace) -> dict:
    """Reads the registry again and again until a file is there; every view must be there each time."""
    first = intervals(arguments).keys()
    reads = 0
    while not os.path.exists(arguments.read_until):
        registry = open_registry(arguments)
        names = {view.name for view in registry.list_feature_views(arguments.project)}
        if names != first:
            raise ValueError(f"{names} is not {first}")
        reads += 1
    return {"reads": reads}


def main(arguments: argparse.Namespace) -> dict:
    if arguments.read_until:
        return read_until(arguments)
    if arguments.create:
        registry = open_registry(arguments)
        entity = apply_objects.entity_of({"name": "entity"})
        spec = {"name": arguments.view, "entities": ["entity"]}
        registry.apply_entity(entity, arguments.project)
        registry.apply_feature_view(
            apply_objects.view_of(spec, {"entity": entity}), arguments.project
        )
    if arguments.meanwhile:
        materialise_around(arguments)
    done = materialise(arguments) if arguments.processes else {}
    return done | {"views": intervals(arguments)}


def parser() -> argparse.ArgumentParser:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--endpoint", help="of the S3 server")
    parser.add_argument("--key", default="")
    parser.add_argument("--secret", default="")
    parser.add_argument("--read-until", help="a file: read all the time until it is there")
    parser.add_argument("--meanwhile", help="a command, as JSON, between Feast's read and write")
    parser.add_argument("--view", default="hot_view")
    parser.add_argument("--create", action="store_true", help="apply the view first")
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--calls", type=int, default=10, help="calls in each process")
    parser.add_argument("--timeout", type=float, default=600, help="seconds to wait for a process")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
