"""Feast's command line through a registry server: the local template from `init` to `teardown`.

Everything that only reads is run twice, through the server and on its database, and both
outputs are printed. Run it in a process of its own: a repository is imported as modules.
"""

import argparse
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from feast import FeatureStore
from feast.cli.cli import cli
from feast.repo_operations import init_repo

import common
import templates

READING = (
    "version",
    "endpoint",
    "data-sources list",
    "data-sources describe driver_hourly_stats_source",
    "entities list",
    "entities describe driver",
    "feature-services list",
    "feature-services describe driver_activity_v1",
    "feature-views list",
    "feature-views describe driver_hourly_stats",
    "on-demand-feature-views list",
    "on-demand-feature-views describe transformed_conv_rate",
    "stream-feature-views list",
    "label-views list",
    "features list",
    "features describe conv_rate",
    "saved-datasets list",
    "validation-references list",
    "projects list",
    "projects current_project",
    "permissions list",
    "permissions list-roles",
    "permissions check",
    "configuration",
    "registry-dump",
)
DAYS = 15


class Commands:
    """Feast's command line on one repository, with one registry."""

    def __init__(self, folder: Path, name: str, project: str, registry: dict[str, str]):
        self.repo = folder / project / "feature_repo"
        self.config = folder / f"{name}.yaml"
        settings = templates.configuration(project, registry, folder)
        self.config.write_text(json.dumps(settings), "utf-8")

    def run(self, line: str) -> dict[str, Any]:
        """What a command prints, and its exit code."""
        words = ["-c", str(self.repo), "-f", str(self.config), *line.split()]
        done = CliRunner().invoke(cli, words)
        error = None if isinstance(done.exception, SystemExit) else done.exception
        printed = done.output + (f"\n{error!r}" if error else "")
        return {"code": done.exit_code, "printed": printed}

    def store(self) -> FeatureStore:
        return FeatureStore(repo_path=str(self.repo), fs_yaml_file=self.config)


def online(store: FeatureStore) -> dict[str, list[Any]]:
    """What the online store has after a materialisation."""
    features = ["driver_hourly_stats:conv_rate", "driver_hourly_stats:acc_rate"]
    rows = [{"driver_id": number} for number in (1001, 1002)]
    return store.get_online_features(features=features, entity_rows=rows).to_dict()


def main(arguments: argparse.Namespace) -> dict:
    folder, project = Path(arguments.folder), arguments.project
    init_repo(project, "local", str(folder / project))
    remote = {"registry_type": "remote", "path": arguments.remote}
    direct = {
        "registry_type": "sql" if "://" in arguments.path else "file",
        "path": arguments.path,
    }
    through = Commands(folder, "remote", project, remote)
    beside = Commands(folder, "direct", project, direct)

    apply = "apply --skip-source-validation --no-progress"
    answer: dict[str, Any] = {
        "plan": through.run("plan --skip-source-validation"),
        "apply": through.run(apply),
        "apply again": through.run(apply),
        "reading": {line: [through.run(line), beside.run(line)] for line in READING},
    }
    end = datetime.now(tz=UTC).replace(tzinfo=None)
    start = end - timedelta(days=DAYS)
    answer["materialize"] = through.run(f"materialize {start.isoformat()} {end.isoformat()}")
    answer["materialize-incremental"] = through.run(f"materialize-incremental {end.isoformat()}")
    store = through.store()
    answer["online"] = online(store)
    answer["intervals"] = {
        each.name: len(each.materialization_intervals) for each in store.list_batch_feature_views()
    }
    for line in (
        "feature-views disable driver_hourly_stats",
        "feature-views enable driver_hourly_stats",
        "feature-views set-state driver_hourly_stats MATERIALIZING",
        "feature-views list-versions driver_hourly_stats",
        "delete driver_activity_v3",
        "feature-services list",
        "teardown",
        "projects list",
        apply,
        f"projects delete {project} --yes",
    ):
        answer.setdefault("changing", []).append({"line": line, **through.run(line)})
    return answer


def parser() -> argparse.ArgumentParser:
    parser = common.remote_option(common.argument_parser(__doc__))
    parser.add_argument("--folder", required=True, help="an empty folder for the repository")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
