"""Feast's command line on a repository: through a registry server, or on a registry itself."""

import json
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from feast import FeatureStore
from feast.cli.cli import cli

import common


def run(*words: str) -> dict[str, Any]:
    """What a command prints, and its exit code."""
    done = CliRunner().invoke(cli, words)
    error = None if isinstance(done.exception, SystemExit) else done.exception
    printed = done.output + (f"\n{error!r}" if error else "")
    return {"code": done.exit_code, "printed": printed}


def configuration(project: str, registry: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A `feature_store.yaml` that needs no service. JSON is YAML."""
    return {
        "project": project,
        "provider": "local",
        "registry": registry,
        "online_store": {"type": "sqlite", "path": str(folder / "online_store.db")},
        "offline_store": {"type": "dask"},
        "entity_key_serialization_version": 3,
    }


class CommandLine:
    """Feast's command line on one repository, with one registry."""

    def __init__(self, repo: Path, config: Path, project: str, registry: dict[str, Any]):
        self.repo = repo
        self.config = config
        settings = configuration(project, registry, config.parent)
        config.write_text(json.dumps(settings), "utf-8")

    def run(self, line: str) -> dict[str, Any]:
        """What a command prints, and its exit code."""
        self.forget()
        return run("-c", str(self.repo), "-f", str(self.config), *shlex.split(line))

    def forget(self) -> None:
        """Let Feast import the repository anew, as a new process would."""
        for name, module in list(sys.modules.items()):
            if Path(getattr(module, "__file__", None) or "/").is_relative_to(self.repo):
                del sys.modules[name]

    def store(self) -> FeatureStore:
        return FeatureStore(repo_path=str(self.repo), fs_yaml_file=self.config)


def remote(address: str, **more: Any) -> dict[str, Any]:
    """The configuration of a registry server."""
    return {"registry_type": "remote", "path": address, **more}


def direct(path: str) -> dict[str, Any]:
    """The configuration of the registry of a database URL, or of a file."""
    return {"registry_type": "file" if common.is_file(path) else "sql", "path": path}


def read(lines: Iterable[str], *stores: CommandLine) -> dict[str, list[dict[str, Any]]]:
    """What each command says of each store."""
    return {line: [store.run(line) for store in stores] for line in lines}
