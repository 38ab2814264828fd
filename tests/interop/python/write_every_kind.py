"""Fill a registry with objects of every kind, through Feast's own classes.

The objects use as many fields as their classes offer: text outside ASCII, quotes,
tags, owners, every feature type, functions, versions and materialisation intervals.
The document names what was written and which source classes could not be imported.
"""

import argparse

from feast import Entity, FeatureView, Field, FileSource, Project, types
from feast.infra.infra_object import Infra
from feast.infra.online_stores.sqlite import SqliteTable

import common
from every_kind import others, sources, views
from every_kind.writer import TEXT, Writer, described


def user_metadata(writer: Writer) -> dict[str, str]:
    """Opaque bytes beside one view of each kind."""
    wanted = {
        "driver_stats": bytes(range(256)),
        "rides_stream": "größe".encode(),
        "pandas_view": b"{}",
        "labels": b"\x00",
    }
    for name, data in wanted.items():
        view = writer.registry.get_any_feature_view(name, writer.project)
        writer.registry.apply_user_metadata(writer.project, view, data)
    return {name: common.as_text(data) for name, data in wanted.items()}


def version_numbers(writer: Writer) -> dict[str, list[int]]:
    """The versions of each view."""
    registry, project = writer.registry, writer.project
    names = [name for kind in common.KINDS if kind.is_view for name in writer.written[kind.table]]
    return {
        name: [
            each["version_number"] for each in registry.list_feature_view_versions(name, project)
        ]
        for name in names
    }


def second_project(writer: Writer) -> Writer:
    """Objects under names that the first project has too."""
    other = Writer(writer.registry, f"{writer.project}_other")
    driver = Entity(name="driver", join_keys=["other_id"])
    other.apply("entities", driver)
    view = FeatureView(
        name="driver_stats",
        entities=[driver],
        schema=[Field(name="other_id", dtype=types.String), Field(name="other", dtype=types.Bool)],
        source=FileSource(name="file_parquet", path="data/other.parquet", timestamp_field="ts"),
    )
    other.apply("feature_views", view)
    others.permission_for_all(other)
    return other


def main(arguments: argparse.Namespace) -> dict:
    project = arguments.project
    registry = common.open_either(arguments.path, arguments.remote, project)
    beside = common.open_registry(arguments.path, project) if arguments.remote else None
    writer = Writer(registry, project, beside)
    described_project = Project(name=project, **described())
    writer.note("projects", described_project)
    registry.apply_project(described_project)

    keys = sources.entities(writer)
    tables = sources.data_sources(writer)
    stats = views.feature_views(writer, keys, tables)
    views.stream_feature_views(writer, keys, tables)
    views.on_demand_feature_views(writer, keys, tables, stats)
    views.label_views(writer, keys, tables)
    views.versions(writer, keys, tables)
    others.feature_services(writer, stats)
    others.saved_datasets(writer)
    others.validation_references(writer)
    others.permissions(writer)
    intervals = views.materializations(writer)
    metadata = user_metadata(writer)
    tables_made = [
        SqliteTable(path="data/online_größe.db", name="t1"),
        SqliteTable(path="", name="t2"),
    ]
    infra = Infra(tables_made)
    registry.update_infra(infra, project)
    numbers = {}
    if not arguments.remote:  # Feast's client can do neither
        registry.set_project_metadata(project, "note", TEXT)
        numbers = version_numbers(writer)
    other = second_project(writer)
    return {
        "projects": [project, other.project],
        "applied": writer.applied + other.applied,
        "infra": common.as_text(infra.to_proto().SerializeToString()),
        "written": writer.written,
        "skipped": writer.skipped,
        "versions": numbers,
        "intervals": intervals,
        "user_metadata": metadata,
        "project_metadata": {"note": TEXT},
    }


def parser() -> argparse.ArgumentParser:
    return common.remote_option(common.argument_parser(__doc__))


if __name__ == "__main__":
    common.run(main, parser())
