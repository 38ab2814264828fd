"""Every command of Feast that reads a registry, on the objects of `write_every_kind.py`: all but `registry-dump`, which
fails on most of them.

Each is run twice, through the server and on its database, and both outputs are printed.
"""

import argparse
from pathlib import Path

import command_line
import common
from command_line import CommandLine
from every_kind.writer import TAGS

READING = (
    "projects list",
    "projects current_project",
    "data-sources list",
    "data-sources describe file_parquet",
    "data-sources describe kafka_avro",
    "entities list",
    "entities describe driver",
    "feature-views list",
    "feature-views describe driver_stats",
    "feature-views describe versions_pinned",
    "feature-views describe batch_with_function",
    "stream-feature-views list",
    "stream-feature-views describe rides_stream",
    "on-demand-feature-views list",
    "on-demand-feature-views describe pandas_view",
    "label-views list",
    "label-views describe labels",
    "features list",
    "features list --output json",
    "features describe two",
    "feature-services list",
    "feature-services describe service_größe",
    "saved-datasets list",
    "saved-datasets describe dataset_größe",
    "validation-references list",
    "validation-references describe reference_größe",
    "permissions list",
    "permissions list --verbose",
    "permissions list-roles",
    "permissions describe permit_role_größe",
    "configuration",
)
# Those with a filter: two tags, and one that nothing has.
TAGGED = (
    "projects",
    "data-sources",
    "entities",
    "feature-views",
    "stream-feature-views",
    "on-demand-feature-views",
    "label-views",
    "feature-services",
    "saved-datasets",
    "permissions",
)
FILTERS = (
    f"--tags team:{TAGS['team']} --tags ключ:{TAGS['ключ']}",
    "--tags team:nobody",
)
# Those that ask for all objects of all kinds, which Feast can do where it can load all of them.
OF_ALL = ("permissions check", "permissions list-roles --verbose")
# Those that name what is not there.
MISSING = (
    "projects describe nobody",
    "data-sources describe nobody",
    "entities describe nobody",
    "feature-views describe nobody",
    "stream-feature-views describe nobody",
    "on-demand-feature-views describe nobody",
    "label-views describe nobody",
    "features describe nobody",
    "feature-services describe nobody",
    "saved-datasets describe nobody",
    "validation-references describe nobody",
    "permissions describe nobody",
)


def main(arguments: argparse.Namespace) -> dict:
    folder, project = Path(arguments.folder), arguments.project
    through, beside = (
        CommandLine(folder, folder / f"{name}.yaml", project, registry)
        for name, registry in (
            ("remote", command_line.remote(arguments.remote)),
            ("direct", command_line.direct(arguments.path)),
        )
    )
    filtered = [f"{kind} list {tags}" for kind in TAGGED for tags in FILTERS]
    described = f"projects describe {project}"
    reading = command_line.read((*READING, described, *filtered, *MISSING), through, beside)
    registry = common.open_remote(arguments.remote, project)
    # Feast cannot load it without Great Expectations, and so no list of everything.
    registry.delete_validation_reference("reference_größe", project)
    return {"reading": reading | command_line.read(OF_ALL, through, beside)}


def parser() -> argparse.ArgumentParser:
    parser = common.remote_option(common.argument_parser(__doc__))
    parser.add_argument("--folder", required=True, help="an empty folder for the configurations")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
