"""Apply simple entities and feature views with Feast, for tests that write from two sides.

What to apply is either counted (`--entities`, `--views`, `--prefix`) or given in a JSON file:

    {"entities": [{"name": "driver", "join_key": "driver_id", "tags": {}, "description": ""}],
     "feature_views": [{"name": "stats", "entities": ["driver"], "features": {"trips": "Int64"},
                        "ttl_seconds": 60, "tags": {}, "description": "", "version": "latest"}]}

Only names are required. All are applied one after the other, entities first; a view may
occur more than once.
"""

import argparse
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from feast import Entity, FeatureView, Field, FileSource, ValueType, types

import common


def counted(arguments: argparse.Namespace) -> dict[str, Any]:
    """The specification that the counts stand for."""
    prefix = arguments.prefix
    entities = [{"name": f"{prefix}entity_{i}"} for i in range(arguments.entities)]
    names = [entity["name"] for entity in entities]
    views = [
        {"name": f"{prefix}view_{i}", "entities": [names[i % len(names)]] if names else []}
        for i in range(arguments.views)
    ]
    return {"entities": entities, "feature_views": views}


def entity_of(spec: dict[str, Any]) -> Entity:
    return Entity(
        name=spec["name"],
        join_keys=[spec.get("join_key", f"{spec['name']}_id")],
        value_type=ValueType.STRING,
        description=spec.get("description", ""),
        tags=spec.get("tags"),
    )


def view_of(spec: dict[str, Any], entities: dict[str, Entity]) -> FeatureView:
    features = spec.get("features", {"value": "Float64", "count": "Int64"})
    keyed_by = [entities[name] for name in spec.get("entities", [])]
    keys = [Field(name=entity.join_key, dtype=types.String) for entity in keyed_by]
    return FeatureView(
        name=spec["name"],
        entities=keyed_by,
        schema=keys
        + [Field(name=name, dtype=getattr(types, dtype)) for name, dtype in features.items()],
        ttl=timedelta(seconds=spec.get("ttl_seconds", 86400)),
        source=FileSource(
            name=f"{spec['name']}_source",
            path=f"data/{spec['name']}.parquet",
            timestamp_field="event_timestamp",
        ),
        description=spec.get("description", ""),
        tags=spec.get("tags"),
        version=spec.get("version", "latest"),
    )


def main(arguments: argparse.Namespace) -> dict:
    spec = (
        json.loads(Path(arguments.spec).read_text("utf-8"))
        if arguments.spec
        else counted(arguments)
    )
    registry = common.open_registry(arguments.path, arguments.project, arguments.purge)
    entities = {each["name"]: entity_of(each) for each in spec.get("entities", [])}
    views = [view_of(each, entities) for each in spec.get("feature_views", [])]

    begun = time.monotonic()
    for entity in entities.values():
        registry.apply_entity(entity, arguments.project)
    for view in views:
        registry.apply_feature_view(view, arguments.project)
    return {
        "entities": list(entities),
        "feature_views": [view.name for view in views],
        "seconds": round(time.monotonic() - begun, 3),
    }


def parser() -> argparse.ArgumentParser:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--spec", help="JSON file with the objects to apply")
    parser.add_argument("--entities", type=int, default=1)
    parser.add_argument("--views", type=int, default=1)
    parser.add_argument("--prefix", default="py_")
    parser.add_argument("--purge", action="store_true", help="with purge_feast_metadata")
    return parser


if __name__ == "__main__":
    common.run(main, parser())
