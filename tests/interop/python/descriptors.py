"""Print the protobuf descriptors of the installed feast package.

The document holds one serialized `FileDescriptorSet` (base64) with every file of the
packages feast.core, feast.types and feast.registry, each after the files it imports,
well-known types and other feast packages included.
"""

import argparse
import importlib
import pkgutil

import feast
import feast.protos.feast
import google.protobuf
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet

import common

PACKAGES = ("core", "types", "registry")


def files_of(package: str) -> list[FileDescriptor]:
    """The descriptors of all generated modules of one package."""
    module = importlib.import_module(f"feast.protos.feast.{package}")
    names = sorted(found.name for found in pkgutil.iter_modules(module.__path__))
    return [
        importlib.import_module(f"{module.__name__}.{name}").DESCRIPTOR
        for name in names
        if name.endswith("_pb2")
    ]


def add(file: FileDescriptor, to: dict[str, FileDescriptor]) -> None:
    """Add a file after its imports."""
    if file.name in to:
        return
    for dependency in file.dependencies:
        add(dependency, to)
    to[file.name] = file


def main(_: argparse.Namespace) -> dict:
    wanted = [file for package in PACKAGES for file in files_of(package)]
    ordered: dict[str, FileDescriptor] = {}
    for file in wanted:
        add(file, ordered)
    descriptor_set = FileDescriptorSet()
    for file in ordered.values():
        file.CopyToProto(descriptor_set.file.add())
    return {
        "feast": feast.__version__,
        "protobuf": google.protobuf.__version__,
        "files": sorted(file.name for file in wanted),
        "imports": sorted(set(ordered) - {file.name for file in wanted}),
        "descriptor_set": common.as_text(descriptor_set.SerializeToString()),
    }


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])


if __name__ == "__main__":
    common.run(main, parser())
