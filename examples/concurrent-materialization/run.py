#!/usr/bin/env python3
"""Materialise one feature view from several processes at once, and count what is left.

Every process adds intervals of its own. What the registry acknowledged must be there in the
end. The command `feast-registry` does so first; with --with-feast, Feast's Python SDK then does
the same in a second project of the same database.
"""

import argparse
import json
import multiprocessing
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

VIEW = "driver_stats"
DEFINITIONS = Path(__file__).with_name("view.yaml")


def main() -> None:
    arguments = parse()
    ours = Ours(arguments, "concurrent_ours")
    ours.prepare()
    with ThreadPoolExecutor(arguments.processes) as threads:
        acknowledged = sum(threads.map(ours.work, range(arguments.processes)))
    report("feast-registry", acknowledged, ours.kept())
    if arguments.with_feast:
        # The view is made and counted by our command: the tables are the same.
        theirs = Ours(arguments, "concurrent_feast")
        theirs.prepare()
        report(f"Feast {version('feast')}", with_feast(arguments, theirs.project), theirs.kept())


def report(who: str, acknowledged: int, kept: int) -> None:
    print(f"{who}: {kept} of {acknowledged} acknowledged intervals are there", flush=True)


def interval(number: int) -> tuple[datetime, datetime]:
    """An hour that no other number has."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    return start, start + timedelta(hours=1)


class Ours:
    """The command on one project."""

    def __init__(self, arguments: argparse.Namespace, project: str):
        self.arguments = arguments
        self.project = project

    def run(self, *words: str) -> str:
        """What the command prints; its failure ends the example."""
        options = ["--registry", self.arguments.registry, "--project", self.project]
        command = [self.arguments.command, *words, *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"`{' '.join(words)}` ended with {done.returncode}")
        return done.stdout

    def prepare(self) -> None:
        """A project that holds nothing but the view."""
        self.run("apply", str(DEFINITIONS))
        if self.kept():
            self.run("teardown", "--yes")
            self.run("apply", str(DEFINITIONS))

    def work(self, process: int) -> int:
        """One of the processes: each call is a new one, with connections of its own."""
        calls = self.arguments.calls
        for number in range(process * calls, (process + 1) * calls):
            start, end = (moment.isoformat() for moment in interval(number))
            self.run("materializations", "add", VIEW, "--start", start, "--end", end)
        return calls

    def kept(self) -> int:
        """The number of different intervals that the registry holds."""
        rows = json.loads(self.run("materializations", "list", VIEW, "-o", "json"))
        return len({json.dumps(row, sort_keys=True) for row in rows})


def with_feast(arguments: argparse.Namespace, project: str) -> int:
    """The same with Feast's SQL registry; the number of calls that it acknowledged."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["feast.infra.registry.sql"])  # imported once for all
    barrier, results = context.Barrier(arguments.processes), context.Queue()
    processes = [
        context.Process(target=feast_work, args=(arguments, project, number, barrier, results))
        for number in range(arguments.processes)
    ]
    for process in processes:
        process.start()
    acknowledged = sum(results.get(timeout=600) for _ in processes)
    for process in processes:
        process.join()
    return acknowledged


def feast_work(arguments: argparse.Namespace, project: str, process: int, barrier, results) -> None:
    from feast.infra.registry.sql import SqlRegistry, SqlRegistryConfig

    config = SqlRegistryConfig(registry_type="sql", path=arguments.registry)
    registry = SqlRegistry(config, project, None)
    view = registry.get_feature_view(VIEW, project)
    barrier.wait()
    acknowledged = 0
    for number in range(process * arguments.calls, (process + 1) * arguments.calls):
        try:
            registry.apply_materialization(view, project, *interval(number))
            acknowledged += 1
        except Exception as error:
            print(f"Feast: {type(error).__name__}: {error}", file=sys.stderr)
    results.put(acknowledged)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--registry", default="sqlite:///registry.db", help="as in feature_store.yaml"
    )
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--calls", type=int, default=50, help="calls of each process")
    parser.add_argument("--command", default="feast-registry", help="the command to run")
    parser.add_argument("--with-feast", action="store_true", help="the same with Feast as well")
    return parser.parse_args()


if __name__ == "__main__":
    main()
