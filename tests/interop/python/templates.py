"""Run `feast init` and `feast apply` for Feast's project templates, without any service.

Each template is applied to a SQL registry in SQLite and to a registry file, and through registry
servers. Only the objects of a template matter here, so every configuration is replaced by one with
SQLite online and files offline. Some templates ask questions or connect somewhere after
they have written their files: that fails here (`init_error`) and does no harm.
"""

import argparse
import concurrent.futures
import functools
import multiprocessing
import os
from pathlib import Path
from typing import Any

import command_line
import common
from command_line import CommandLine

# Those whose code needs nothing outside requirements.txt.
TEMPLATES = ("local", "minimal", "milvus", "pytorch_nlp", "cassandra", "hazelcast", "hbase")
APPLY = "apply --skip-source-validation --no-progress"


def error(done: dict[str, Any]) -> str | None:
    """None on success, else the end of what a command said."""
    said = done["printed"].strip().splitlines() or [f"exit code {done['code']}"]
    return None if done["code"] == 0 else said[-1]


def run_template(out: Path, remotes: dict[str, str], template: str) -> dict[str, Any]:
    """One template in its own folder; what worked, with paths."""
    os.dup2(2, 1)  # the document is all that goes to standard output
    os.chdir(out)
    project = f"{template}_project"
    folder = out / project
    which = ("-m",) if template == "minimal" else ("-t", template)
    answer: dict[str, Any] = {
        "project": project,
        "init_error": error(command_line.run("init", project, *which)),
    }
    repo = folder / "feature_repo"
    if not (repo / "feature_store.yaml").exists():
        return answer
    database = f"sqlite:///{folder / 'registry_sql.db'}"
    registries = {
        "sql": command_line.direct(database),
        "file": command_line.direct(str(folder / "registry_file.pb")),
    }
    for name, address in remotes.items():
        registries[f"through {name}"] = command_line.remote(address)
    for name, registry in registries.items():
        command = CommandLine(repo, folder / f"{name}.yaml", project, registry)
        answer[name] = {"path": registry["path"], "error": error(command.run(APPLY))}
    return answer


def worked(answer: dict[str, Any]) -> bool:
    """Whether a template was applied wherever it was to be."""
    applied = [each for each in answer.values() if isinstance(each, dict)]
    return bool(applied) and all(each["error"] is None for each in applied)


def main(arguments: argparse.Namespace) -> dict:
    out = Path(arguments.out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    templates = arguments.templates.split(",")
    remotes = dict(each.split("=", 1) for each in arguments.remote)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["command_line"])  # Feast is imported once for all
    # A repository is imported as modules, so each template has a process of its own.
    with concurrent.futures.ProcessPoolExecutor(
        arguments.jobs, context, max_tasks_per_child=1
    ) as pool:
        done = pool.map(functools.partial(run_template, out, remotes), templates)
        answers = dict(zip(templates, done, strict=True))
    return {
        "templates": answers,
        "worked": [name for name in templates if worked(answers[name])],
        "failed": [name for name in templates if not worked(answers[name])],
    }


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--out", required=True, help="folder for the projects; must not hold them yet"
    )
    parser.add_argument("--templates", default=",".join(TEMPLATES), help="comma-separated")
    parser.add_argument(
        "--remote", action="append", default=[], help="NAME=ADDRESS of a registry server"
    )
    parser.add_argument("--jobs", type=int, default=2, help="templates at the same time")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
