"""Ask a registry server what probes and tools ask it: whether it is well, and what it serves.

With the libraries that Feast's own server uses for that.
"""

import argparse
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

import common

SERVICES = ("", "feast.registry.RegistryServer", "feast.Other")
REFLECTIONS = ("v1", "v1alpha")


def health(channel: grpc.Channel, service: str) -> str:
    """The status of a service, or the code of the error."""
    request = health_pb2.HealthCheckRequest(service=service)
    try:
        answer = health_pb2_grpc.HealthStub(channel).Check(request)
    except grpc.RpcError as error:
        return error.code().name
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


def reflect(channel: grpc.Channel, version: str, **question: str) -> Any:
    """One answer of reflection. Its versions have the same messages."""
    call = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        reflection_pb2.ServerReflectionRequest.SerializeToString,
        reflection_pb2.ServerReflectionResponse.FromString,
    )
    return next(call(iter([reflection_pb2.ServerReflectionRequest(**question)])))


def served(channel: grpc.Channel, version: str) -> list[str]:
    """The services that reflection lists, and can describe."""
    listed = reflect(channel, version, list_services="").list_services_response.service
    described = (
        reflect(channel, version, file_containing_symbol=each.name).HasField(
            "file_descriptor_response"
        )
        for each in listed
    )
    return sorted(each.name for each, known in zip(listed, described, strict=True) if known)


def main(arguments: argparse.Namespace) -> dict:
    with grpc.insecure_channel(arguments.remote) as channel:
        return {
            "health": {service: health(channel, service) for service in SERVICES},
            "reflection": {version: served(channel, version) for version in REFLECTIONS},
        }


def parser() -> argparse.ArgumentParser:
    return common.remote_option(common.argument_parser(__doc__, project=False))


if __name__ == "__main__":
    common.run(main, parser())
