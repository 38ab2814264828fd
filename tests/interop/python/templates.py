"""Run `feast init` and `feast apply` for Feast's project templates, without any service.

Each template is applied twice: to a SQL registry in SQLite and to a registry file; with
`--remote` also through a registry server. Only the objects of a template matter here, so every configuration is replaced by one with
SQLite online and files offline. Some templates ask questions or connect somewhere after
they have written their files: that fails here (`init_error`) and does no harm.
"""

import argparse
import concurrent.futures
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import common

# Those whose code needs nothing outside requirements.txt.
TEMPLATES = ("local", "minimal", "milvus", "pytorch_nlp", "cassandra", "hazelcast", "hbase")
FEAST = Path(sys.executable).with_name("feast")
TIMEOUT_SECONDS = 300


def feast(*arguments: str, folder: Path) -> str | None:
    """Run Feast's command line; None on success, else the end of what it said."""
    done = subprocess.run(
        [FEAST, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    print(done.stdout, file=sys.stderr)
    said = done.stdout.strip().splitlines() or [f"exit code {done.returncode}"]
    return None if done.returncode == 0 else said[-1]


def configuration(project: str, registry: dict[str, str], folder: Path) -> dict[str, Any]:
    """A `feature_store.yaml` that needs no service. JSON is YAML."""
    return {
        "project": project,
        "provider": "local",
        "registry": registry,
        "online_store": {"type": "sqlite", "path": str(folder / "online_store.db")},
        "offline_store": {"type": "dask"},
        "entity_key_serialization_version": 3,
    }


def run_template(template: str, out: Path, remote: str | None) -> dict[str, Any]:
    """One template in its own folder; what worked, with paths."""
    project = f"{template}_project"
    folder = out / project
    which = ("-m",) if template == "minimal" else ("-t", template)
    answer: dict[str, Any] = {
        "project": project,
        "init_error": feast("init", project, *which, folder=out),
    }
    repo = folder / "feature_repo"
    if not (repo / "feature_store.yaml").exists():
        return answer
    registries = {
        "sql": {"registry_type": "sql", "path": f"sqlite:///{folder / 'registry_sql.db'}"},
        "file": {"registry_type": "file", "path": str(folder / "registry_file.pb")},
    }
    if remote:
        registries["remote"] = {"registry_type": "remote", "path": remote}
    for name, registry in registries.items():
        config = folder / f"{name}.yaml"
        config.write_text(json.dumps(configuration(project, registry, folder)), "utf-8")
        options = ("-c", str(repo), "-f", str(config))
        error = feast(*options, "apply", "--skip-source-validation", "--no-progress", folder=folder)
        answer[name] = {
            "path": registry["path"],
            "config": str(config),
            "repo": str(repo),
            "error": error,
        }
    return answer


def main(arguments: argparse.Namespace) -> dict:
    out = Path(arguments.out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    templates = arguments.templates.split(",")
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        done = pool.map(lambda each: run_template(each, out, arguments.remote), templates)
        answers = dict(zip(templates, done, strict=True))
    wanted = ("sql", "file", "remote") if arguments.remote else ("sql", "file")
    worked = [
        name
        for name, each in answers.items()
        if all(each.get(registry, {"error": "none"})["error"] is None for registry in wanted)
    ]
    return {
        "templates": answers,
        "worked": worked,
        "failed": [name for name in templates if name not in worked],
    }


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--out", required=True, help="folder for the projects; must not hold them yet"
    )
    parser.add_argument("--templates", default=",".join(TEMPLATES), help="comma-separated")
    parser.add_argument("--remote", help="the address of a registry server")
    parser.add_argument("--jobs", type=int, default=4, help="templates at the same time")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
