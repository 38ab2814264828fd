# The `feast-registry` command in a container; docs/containers.md says how to build, push and use it.
#
#   docker build --tag feast-registry .
#   docker build --tag feast-registry --build-arg FEATURES=postgres .
#   docker build --tag feast-registry --build-arg DIALECT_CRATE=examples/third-party-dialect .

ARG RUST_TAG=1.95.0-slim-bookworm
ARG DEBIAN_TAG=12.11-slim

FROM rust:${RUST_TAG} AS build
WORKDIR /src
COPY . .
# Cargo features of feast-registry-cli, with commas: the backends that the command opens.
ARG FEATURES=server,file,s3,gcs,sqlite,postgres,mysql,cockroachdb
# The folder of another crate, inside the build context, whose program is built instead.
ARG DIALECT_CRATE=
ENV CARGO_TARGET_DIR=/target
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/target \
    FEATURES="${FEATURES}" DIALECT_CRATE="${DIALECT_CRATE}" .ci/build-for-image /out

FROM debian:${DEBIAN_TAG}
# For `sslrootcert=system`; the slim image has none.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/feast-registry /usr/local/bin/
# Where feature_store.yaml is looked for, and where a registry in SQLite is by default: mount a volume here.
RUN install --directory --owner=65532 --group=65532 /registry
WORKDIR /registry
# A number, so that Kubernetes can see that it is not root (`runAsNonRoot`).
USER 65532:65532
# Feast's chart and operator start the server with `feast serve_registry`.
RUN ln -s feast-registry /usr/local/bin/feast
EXPOSE 6570
ENTRYPOINT ["feast-registry"]
CMD ["serve", "--host", "::"]
