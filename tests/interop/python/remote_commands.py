"""Feast's command line through a registry server: the local template from `init` to `teardown`.

Everything that only reads is run twice, through the server and on its database, and both
outputs are printed. Run it in a process of its own: a repository is imported as modules.
"""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from feast import FeatureStore
from feast.errors import FeastObjectNotFoundException
from feast.repo_operations import init_repo

import command_line
import common
from command_line import CommandLine

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
    "feature-views list --tags team:driver_performance",
    "feature-views describe driver_hourly_stats",
    "on-demand-feature-views list",
    "on-demand-feature-views describe transformed_conv_rate",
    "label-views list",
    "label-views describe driver_quality_labels",
    "features list",
    "features describe conv_rate",
    "projects list",
    "projects current_project",
    "permissions list",
    "permissions list-roles",
    "permissions check",
    "configuration",
    "registry-dump",
)
VIEW = "driver_hourly_stats"
DAYS = 15
APPLY = "apply --skip-source-validation --no-progress"
# A new feature, which makes a version of every view that has those beside it.
BEFORE, AFTER = 'Field(name="acc_rate", dtype=Float32),', 'Field(name="added", dtype=Float32),'


def online(store: FeatureStore) -> dict[str, list[Any]]:
    """What the online store has after a materialisation."""
    features = [f"{VIEW}:conv_rate", f"{VIEW}:acc_rate"]
    rows = [{"driver_id": number} for number in (1001, 1002)]
    return store.get_online_features(features=features, entity_rows=rows).to_dict()


def stored(beside: CommandLine, project: str) -> dict[str, Any] | None:
    """What a command has left of the view, read without the server; None if it is gone."""
    try:
        view = beside.store().registry.get_feature_view(VIEW, project)
    except FeastObjectNotFoundException:
        return None
    return {
        "enabled": view.enabled,
        "state": view.state.name,
        "features": [feature.name for feature in view.features],
        "intervals": len(view.materialization_intervals),
    }


def lines(project: str) -> list[str]:
    """What changes a registry, in order."""
    end = datetime.now(tz=UTC).replace(tzinfo=None)
    start = end - timedelta(days=DAYS)
    span = f"{start.isoformat()} {end.isoformat()}"
    return [
        "plan --skip-source-validation",
        APPLY,
        APPLY,
        f"materialize {span}",
        f"materialize-incremental {end.isoformat()}",
        f"materialize {span} --views {VIEW}",
        f"materialize {span} --views {VIEW} --version latest",
        f"materialize {span} --views {VIEW} --version v0",
        f"feature-views disable {VIEW}",
        f"feature-views enable {VIEW}",
        f"feature-views set-state {VIEW} MATERIALIZING",
        f"feature-views set-state {VIEW} CREATED",
        f"feature-views set-state {VIEW} AVAILABLE_ONLINE",
        f"feature-views list-versions {VIEW}",
        f"{APPLY} --no-promote",
        "delete driver_activity_v3",
        "feature-services list",
        "teardown",
        "projects list",
        APPLY,
        f"projects delete {project} --yes",
        "projects list",
    ]


def main(arguments: argparse.Namespace) -> dict:
    folder, project = Path(arguments.folder), arguments.project
    init_repo(project, "local", str(folder / project))
    repo = folder / project / "feature_repo"
    remote = command_line.remote(arguments.remote, enable_online_feature_view_versioning=True)
    through = CommandLine(repo, folder / "remote.yaml", project, remote)
    beside = CommandLine(
        repo, folder / "direct.yaml", project, command_line.direct(arguments.path)
    )

    answer: dict[str, Any] = {"steps": []}
    for line in lines(project):
        if line.endswith("--no-promote"):
            # The only one that has to find another definition.
            definitions = repo / "feature_definitions.py"
            text = definitions.read_text("utf-8")
            definitions.write_text(text.replace(BEFORE, BEFORE + AFTER, 1), "utf-8")
        done = through.run(line)
        answer["steps"].append({"line": line, **done, "view": stored(beside, project)})
        if line == APPLY and "reading" not in answer:
            described = f"projects describe {project}"
            answer["reading"] = command_line.read((*READING, described), through, beside)
        if line.startswith("materialize-incremental"):
            answer["online"] = online(through.store())
    return answer


def parser() -> argparse.ArgumentParser:
    parser = common.remote_option(common.argument_parser(__doc__))
    parser.add_argument("--folder", required=True, help="an empty folder for the repository")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
