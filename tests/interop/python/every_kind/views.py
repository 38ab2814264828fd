"""Views of every kind, with functions, versions and materialisation intervals."""

from datetime import UTC, datetime, timedelta
from typing import Any

from feast import (
    BatchFeatureView,
    Entity,
    FeatureView,
    Field,
    OnDemandFeatureView,
    StreamFeatureView,
    types,
)
from feast.aggregation import Aggregation
from feast.data_source import DataSource
from feast.labeling.conflict_policy import ConflictPolicy
from feast.labeling.label_view import LabelView
from feast.transformation.substrait_transformation import SubstraitTransformation

import common
from every_kind.functions import clean_rides, double_the_rate, rate_per_amount, text_of
from every_kind.writer import TAGS, TEXT, Writer, described


def feature_types() -> list[types.FeastType]:
    """Every feature type Feast can store, and some nested ones."""
    simple = [
        dtype for dtype in types.VALUE_TYPES_TO_FEAST_TYPES.values() if dtype != types.Invalid
    ]
    point = types.Struct({"lat": types.Float64, "länge": types.Float64})
    return [
        *simple,
        point,
        types.Array(point),
        types.Array(types.Array(types.Int64)),
        types.Set(types.Array(types.String)),
    ]


def driver_schema(*more: str) -> list[Field]:
    """The key and features of a driver view, with extra features by name."""
    return [
        Field(name="driver_id", dtype=types.Int64),
        Field(name="conv_rate", dtype=types.Float32, description=TEXT, tags=dict(TAGS)),
        Field(name="rides", dtype=types.Int64),
        *(Field(name=name, dtype=types.String) for name in more),
    ]


def feature_views(
    writer: Writer, keys: dict[str, Entity], sources: dict[str, DataSource]
) -> FeatureView:
    """Feature views and batch feature views; returns the one that others build on."""
    driver, file = keys["driver"], sources["file"]
    base = {"entities": [driver], "schema": driver_schema(), "source": file}
    stats = FeatureView(
        name="driver_stats",
        ttl=timedelta(days=1, microseconds=500),
        offline=True,
        org="ads",
        enable_validation=True,
        **base,
        **described(),
    )
    embedding = Field(
        name="embedding",
        dtype=types.Array(types.Float32),
        vector_index=True,
        vector_length=384,
        vector_search_metric="COSINE",
    )
    all_types = [
        Field(name=f"feature_{i:02}", dtype=dtype) for i, dtype in enumerate(feature_types())
    ]
    disabled = FeatureView(name="disabled", online=False, enabled=False, **base)
    writer.apply(
        "feature_views",
        stats,
        FeatureView(name="ttl_none", ttl=None, **base),
        FeatureView(name="ttl_zero", ttl=timedelta(0), **base),
        FeatureView(
            name="without_entities", schema=[embedding], source=file, ttl=timedelta(seconds=1)
        ),
        FeatureView(name="without_source", entities=[driver], schema=driver_schema()),
        FeatureView(
            name="with_stream", entities=[driver], schema=driver_schema(), source=sources["push"]
        ),
        FeatureView(
            name="all_types größe 'q'",
            entities=[driver],
            schema=[driver_schema()[0], *all_types],
            source=file,
        ),
        FeatureView(
            name="two_entities",
            entities=[driver, keys["kunde"]],
            schema=[*driver_schema(), Field(name="kunde_id", dtype=types.String)],
            source=file,
        ),
        FeatureView(
            name="derived",
            entities=[driver],
            schema=driver_schema(),
            source=[stats, disabled],
            sink_source=file,
        ),
        disabled,
        BatchFeatureView(name="batch_plain", mode="python", **base, **described()),
        BatchFeatureView(
            name="batch_with_function",
            mode="pandas",
            udf=clean_rides,
            udf_string=text_of(clean_rides),
            online=True,
            **base,
        ),
    )
    return stats


def stream_feature_views(
    writer: Writer, keys: dict[str, Entity], sources: dict[str, DataSource]
) -> None:
    base = {"entities": [keys["driver"]], "schema": driver_schema()}
    writer.apply(
        "stream_feature_views",
        StreamFeatureView(
            name="rides_stream",
            source=sources["kafka"],
            ttl=timedelta(hours=2),
            mode="pandas",
            timestamp_field="event_timestamp",
            udf=clean_rides,
            udf_string=text_of(clean_rides),
            aggregations=[
                Aggregation(
                    column="rides",
                    function="sum",
                    time_window=timedelta(hours=1),
                    slide_interval=timedelta(minutes=5),
                ),
                Aggregation(
                    column="conv_rate",
                    function="max",
                    time_window=timedelta(days=1),
                    name="höchste",
                ),
            ],
            enable_tiling=True,
            tiling_hop_size=timedelta(minutes=5),
            org="ads",
            **base,
            **described(),
        ),
        StreamFeatureView(name="push_stream", source=sources["push"], **base),
    )


def on_demand_feature_views(
    writer: Writer, keys: dict[str, Entity], sources: dict[str, DataSource], stats: FeatureView
) -> None:
    """On-demand views in every mode that runs without another engine."""

    doubled = [Field(name="doubled", dtype=types.Float64)]
    writer.apply(
        "on_demand_feature_views",
        OnDemandFeatureView(
            name="pandas_view",
            sources=[stats, sources["request"]],
            schema=[Field(name="rate_per_amount", dtype=types.Float64)],
            udf=rate_per_amount,
            udf_string=text_of(rate_per_amount),
            track_metrics=True,
            **described(),
        ),
        OnDemandFeatureView(
            name="python_view",
            entities=[keys["driver"]],
            sources=[stats[["conv_rate"]]],
            schema=[Field(name="driver_id", dtype=types.Int64), *doubled],
            udf=double_the_rate,
            udf_string=text_of(double_the_rate),
            mode="python",
            write_to_online_store=True,
            singleton=True,
            org="ads",
        ),
        OnDemandFeatureView(
            name="input_schema_view",
            input_schema=[Field(name="conv_rate", dtype=types.Float64)],
            schema=doubled,
            udf=double_the_rate,
            udf_string=text_of(double_the_rate),
            mode="python",
            aggregations=[
                Aggregation(column="conv_rate", function="mean", time_window=timedelta(hours=1))
            ],
        ),
        OnDemandFeatureView(
            name="substrait_view",
            sources=[stats],
            schema=doubled,
            mode="substrait",
            feature_transformation=SubstraitTransformation(
                substrait_plan=bytes(range(256)), udf=double_the_rate
            ),
        ),
    )


def label_views(writer: Writer, keys: dict[str, Entity], sources: dict[str, DataSource]) -> None:
    schema = [*driver_schema(), Field(name="labeler", dtype=types.String)]
    writer.apply(
        "label_views",
        LabelView(
            name="labels",
            entities=[keys["driver"]],
            schema=schema,
            source=sources["push"],
            ttl=timedelta(days=30),
            conflict_policy=ConflictPolicy.MAJORITY_VOTE,
            reference_feature_view="driver_stats",
            **described(),
        ),
        LabelView(
            name="labels_by_priority",
            entities=[keys["driver"]],
            schema=schema,
            conflict_policy=ConflictPolicy.LABELER_PRIORITY,
            online=False,
        ),
    )


def versions(writer: Writer, keys: dict[str, Entity], sources: dict[str, DataSource]) -> None:
    """Views with a history: growing, pinned to v0, declared ahead, changed in metadata only."""

    def view(name: str, *more: str, **fields: Any) -> FeatureView:
        return FeatureView(
            name=name,
            entities=[keys["driver"]],
            schema=driver_schema(*more),
            source=sources["file"],
            **fields,
        )

    writer.apply(
        "feature_views",
        view("versions_grow"),
        view("versions_grow", "one"),
        view("versions_grow", "one", "two"),
    )
    writer.apply("feature_views", view("versions_pinned"), view("versions_pinned", "one"))
    writer.apply("feature_views", view("versions_pinned", "one", version="v0"))
    writer.apply(
        "feature_views", view("versions_ahead", version="v5"), view("versions_ahead", "one")
    )
    writer.apply("feature_views", view("versions_metadata"), view("versions_metadata", "one"))
    writer.apply("feature_views", view("versions_metadata", "one", description=TEXT))
    for more in ((), ("one",)):
        stream = StreamFeatureView(
            name="versions_stream",
            source=sources["push"],
            entities=[keys["driver"]],
            schema=driver_schema(*more),
        )
        label = LabelView(
            name="versions_label", entities=[keys["driver"]], schema=driver_schema("labeler", *more)
        )
        writer.apply("stream_feature_views", stream)
        writer.apply("label_views", label)
    for aggregation in ("mean", "max"):
        demand = OnDemandFeatureView(
            name="versions_on_demand",
            input_schema=[Field(name="conv_rate", dtype=types.Float64)],
            schema=[Field(name="doubled", dtype=types.Float64)],
            udf=double_the_rate,
            udf_string=text_of(double_the_rate),
            mode="python",
            aggregations=[Aggregation(column="conv_rate", function=aggregation)],
        )
        writer.apply("on_demand_feature_views", demand)


def materializations(writer: Writer) -> dict[str, list[list[str]]]:
    """Intervals on three views, one of them twice."""
    ragged = datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=UTC)
    wanted = {
        "driver_stats": [
            common.interval(0),
            common.interval(1),
            common.interval(1),
            (ragged, ragged + timedelta(days=1)),
        ],
        "rides_stream": [common.interval(7)],
        "versions_grow": [common.interval(3)],
    }
    if writer.resolving is not writer.registry:
        del wanted["rides_stream"]  # Feast's client of a server cannot send a stream feature view
    for name, intervals in wanted.items():
        view = writer.registry.get_any_feature_view(name, writer.project)
        for start, end in intervals:
            writer.registry.apply_materialization(view, writer.project, start, end)
    return {
        name: [[common.rfc3339(start), common.rfc3339(end)] for start, end in each]
        for name, each in wanted.items()
    }
