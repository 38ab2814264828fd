"""Change a registry through a server with `commit=False` only, and let its cache be loaded anew.

Prints the names that must be there in the end.
"""

import argparse

import apply_objects
import common


def main(arguments: argparse.Namespace) -> dict:
    registry, project = common.open_remote(arguments.remote, arguments.project), arguments.project
    driver, gone = (apply_objects.entity_of({"name": name}) for name in ("driver", "gone"))
    view = apply_objects.view_of({"name": "stats", "entities": ["driver"]}, {"driver": driver})
    registry.apply_entity(driver, project, commit=False)
    registry.apply_entity(gone, project, commit=False)
    registry.apply_data_source(view.batch_source, project, commit=False)
    registry.apply_feature_view(view, project, commit=False)
    registry.delete_entity("gone", project, commit=False)
    registry.refresh(project)
    return {
        "entities": ["driver"],
        "data_sources": [view.batch_source.name],
        "feature_views": ["stats"],
    }


def parser() -> argparse.ArgumentParser:
    return common.remote_option(common.argument_parser(__doc__))


if __name__ == "__main__":
    common.run(main, parser())
