//! What kinds of objects a registry holds, and every fact about each of them, in one table.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A kind of row in the registry.
///
/// The order of the variants is the order in which a transaction takes its locks, so that two
/// transactions can never wait for each other: projects first, bookkeeping last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A name space of objects, usually one feature repository.
    Project,
    /// A business object (a driver, a customer) with its join key.
    Entity,
    /// Where raw feature values come from.
    DataSource,
    /// A group of features read from a batch source (batch feature views included).
    FeatureView,
    /// A feature view that is also fed by a stream.
    StreamFeatureView,
    /// Features computed at request time.
    OnDemandFeatureView,
    /// Labels written by labelers.
    LabelView,
    /// A named selection of features for one model.
    FeatureService,
    /// A stored training dataset.
    SavedDataset,
    /// A dataset profile that others are validated against.
    ValidationReference,
    /// An access rule.
    Permission,
    /// The infrastructure that was created for a project: one object per project.
    Infra,
    /// One row of the version history of a feature view.
    Version,
    /// A key and a value about a project.
    Metadata,
}

/// How the rows of a kind look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Name, project, stamp, bytes.
    Named,
    /// Like `Named`, with opaque user metadata beside the object.
    View,
    /// Name and project are the same value.
    Project,
    /// Name, project, number: a row of the version history.
    Version,
    /// Key, project, text: a row of the project metadata.
    Metadata,
}

/// A field of a message, as the path of field numbers that leads to it.
pub type Path = &'static [u32];

/// Everything the registry knows about one kind.
#[derive(Debug)]
#[non_exhaustive]
pub struct KindSpec {
    /// The kind that this row is about.
    pub kind: Kind,
    /// The message name as users write it after `kind:`, for example `FeatureView`.
    pub name: &'static str,
    /// In messages for people, for example `Feature view`.
    pub title: &'static str,
    /// In commands and JSON keys, for example `feature-views`.
    pub plural: &'static str,
    /// The full protobuf name of the message; empty for rows that are not messages.
    pub message: &'static str,
    /// Feast's table.
    pub table: &'static str,
    /// The column that holds the name.
    pub name_column: &'static str,
    /// The column that holds the bytes (or, for metadata, the text).
    pub body_column: &'static str,
    /// The columns that the table has.
    pub shape: Shape,
    /// The field of `feast.core.Registry` that repeats this kind; 0 where there is none.
    pub registry_field: u32,
    /// Where the message holds its own name.
    pub name_path: Path,
    /// Where the message holds its project.
    pub project_path: Option<Path>,
    /// Where the message holds its tags.
    pub tags_path: Option<Path>,
    /// Where the message holds the time of its first apply.
    pub created_path: Option<Path>,
    /// Where the message holds the time of its last change.
    pub updated_path: Option<Path>,
    /// What only feature views have.
    pub view: Option<&'static ViewSpec>,
    /// Repeated fields whose order means nothing to Feast.
    pub sets: &'static [Path],
}

/// Where a feature view keeps what only views have.
#[derive(Debug)]
#[non_exhaustive]
pub struct ViewSpec {
    /// `feature_view_type` in the version history.
    pub history_type: &'static str,
    /// The version that the user asks for: empty, `latest` or `vN`.
    pub version_path: Option<Path>,
    /// The number of the active version.
    pub version_number_path: Option<Path>,
    /// The materialisation intervals.
    pub intervals_path: Option<Path>,
    /// The state of the view.
    pub state_path: Option<Path>,
    /// Whether the view is out of service.
    pub disabled_path: Option<Path>,
    /// The names of its entities.
    pub entities_path: Path,
    /// The columns of its entities: features, of which each has a name.
    pub entity_columns_path: Path,
    /// Whether a view without entities is refused.
    pub needs_entities: bool,
    /// The features.
    pub features_path: Path,
    /// What makes a change a new version.
    pub significant: &'static [Path],
    /// Pickled functions: `(body, text)`. The bytes of a pickle differ between processes, so a
    /// function counts as changed by its source text wherever that is known.
    pub functions: &'static [(Path, Path)],
}

const META_CREATED: Option<Path> = Some(&[2, 1]);
const META_UPDATED: Option<Path> = Some(&[2, 2]);

static FEATURE_VIEW: ViewSpec = ViewSpec {
    history_type: "feature_view",
    version_path: Some(&[1, 18]),
    version_number_path: Some(&[2, 4]),
    intervals_path: Some(&[2, 3]),
    state_path: Some(&[2, 6]),
    disabled_path: Some(&[1, 20]),
    entities_path: &[1, 3],
    entity_columns_path: &[1, 12],
    needs_entities: true,
    features_path: &[1, 4],
    significant: &[&[1, 3], &[1, 4], &[1, 12], &[1, 14]],
    functions: &[(&[1, 15, 1, 2], &[1, 15, 1, 3])],
};

static STREAM_FEATURE_VIEW: ViewSpec = ViewSpec {
    history_type: "stream_feature_view",
    version_path: Some(&[1, 21]),
    version_number_path: Some(&[2, 4]),
    intervals_path: Some(&[2, 3]),
    state_path: Some(&[2, 6]),
    disabled_path: Some(&[1, 23]),
    entities_path: &[1, 3],
    entity_columns_path: &[1, 5],
    needs_entities: true,
    features_path: &[1, 4],
    significant: &[
        &[1, 3],
        &[1, 4],
        &[1, 5],
        &[1, 13],
        &[1, 14],
        &[1, 15],
        &[1, 16],
        &[1, 17],
    ],
    functions: &[(&[1, 13, 2], &[1, 13, 3]), (&[1, 17, 1, 2], &[1, 17, 1, 3])],
};

static ON_DEMAND_FEATURE_VIEW: ViewSpec = ViewSpec {
    history_type: "on_demand_feature_view",
    version_path: Some(&[1, 17]),
    version_number_path: Some(&[2, 3]),
    intervals_path: None,
    state_path: Some(&[2, 5]),
    disabled_path: Some(&[1, 19]),
    entities_path: &[1, 13],
    entity_columns_path: &[1, 14],
    needs_entities: false,
    features_path: &[1, 3],
    significant: &[
        &[1, 3],
        &[1, 4],
        &[1, 5],
        &[1, 10],
        &[1, 11],
        &[1, 14],
        &[1, 16],
    ],
    functions: &[(&[1, 5, 2], &[1, 5, 3]), (&[1, 10, 1, 2], &[1, 10, 1, 3])],
};

static LABEL_VIEW: ViewSpec = ViewSpec {
    history_type: "label_view",
    version_path: None,
    version_number_path: None,
    intervals_path: None,
    state_path: None,
    disabled_path: None,
    entities_path: &[1, 3],
    entity_columns_path: &[1, 11],
    needs_entities: true,
    features_path: &[1, 4],
    significant: &[&[1, 4]],
    functions: &[],
};

/// A row that the table below completes with `..`.
const BLANK: KindSpec = KindSpec {
    kind: Kind::Metadata,
    name: "",
    title: "",
    plural: "",
    message: "",
    table: "",
    name_column: "feature_view_name",
    body_column: "feature_view_proto",
    shape: Shape::Named,
    registry_field: 0,
    name_path: &[1, 1],
    project_path: Some(&[1, 2]),
    tags_path: None,
    created_path: META_CREATED,
    updated_path: META_UPDATED,
    view: None,
    sets: &[],
};

static SPECS: [KindSpec; 14] = [
    KindSpec {
        kind: Kind::Project,
        name: "Project",
        title: "Project",
        plural: "projects",
        message: "feast.core.Project",
        table: "projects",
        name_column: "project_name",
        body_column: "project_proto",
        shape: Shape::Project,
        registry_field: 17,
        project_path: None,
        tags_path: Some(&[1, 3]),
        ..BLANK
    },
    KindSpec {
        kind: Kind::Entity,
        name: "Entity",
        title: "Entity",
        plural: "entities",
        message: "feast.core.Entity",
        table: "entities",
        name_column: "entity_name",
        body_column: "entity_proto",
        registry_field: 1,
        project_path: Some(&[1, 9]),
        tags_path: Some(&[1, 8]),
        ..BLANK
    },
    KindSpec {
        kind: Kind::DataSource,
        name: "DataSource",
        title: "Data source",
        plural: "data-sources",
        message: "feast.core.DataSource",
        table: "data_sources",
        name_column: "data_source_name",
        body_column: "data_source_proto",
        registry_field: 12,
        name_path: &[20],
        project_path: Some(&[21]),
        tags_path: Some(&[24]),
        created_path: Some(&[50, 3]),
        updated_path: Some(&[50, 4]),
        ..BLANK
    },
    KindSpec {
        kind: Kind::FeatureView,
        name: "FeatureView",
        title: "Feature view",
        plural: "feature-views",
        message: "feast.core.FeatureView",
        table: "feature_views",
        shape: Shape::View,
        registry_field: 6,
        tags_path: Some(&[1, 5]),
        view: Some(&FEATURE_VIEW),
        sets: &[&[1, 3], &[1, 12]],
        ..BLANK
    },
    KindSpec {
        kind: Kind::StreamFeatureView,
        name: "StreamFeatureView",
        title: "Stream feature view",
        plural: "stream-feature-views",
        message: "feast.core.StreamFeatureView",
        table: "stream_feature_views",
        shape: Shape::View,
        registry_field: 14,
        tags_path: Some(&[1, 7]),
        view: Some(&STREAM_FEATURE_VIEW),
        // Feast writes the features of a stream feature view from a set: their order varies.
        sets: &[&[1, 3], &[1, 4], &[1, 5]],
        ..BLANK
    },
    KindSpec {
        kind: Kind::OnDemandFeatureView,
        name: "OnDemandFeatureView",
        title: "On demand feature view",
        plural: "on-demand-feature-views",
        message: "feast.core.OnDemandFeatureView",
        table: "on_demand_feature_views",
        shape: Shape::View,
        registry_field: 8,
        tags_path: Some(&[1, 7]),
        view: Some(&ON_DEMAND_FEATURE_VIEW),
        sets: &[&[1, 13], &[1, 14]],
        ..BLANK
    },
    KindSpec {
        kind: Kind::LabelView,
        name: "LabelView",
        title: "Label view",
        plural: "label-views",
        message: "feast.core.LabelView",
        table: "label_views",
        shape: Shape::View,
        registry_field: 19,
        tags_path: Some(&[1, 5]),
        view: Some(&LABEL_VIEW),
        sets: &[&[1, 3], &[1, 11]],
        ..BLANK
    },
    KindSpec {
        kind: Kind::FeatureService,
        name: "FeatureService",
        title: "Feature service",
        plural: "feature-services",
        message: "feast.core.FeatureService",
        table: "feature_services",
        name_column: "feature_service_name",
        body_column: "feature_service_proto",
        registry_field: 7,
        tags_path: Some(&[1, 4]),
        sets: &[&[1, 3]],
        ..BLANK
    },
    KindSpec {
        kind: Kind::SavedDataset,
        name: "SavedDataset",
        title: "Saved dataset",
        plural: "saved-datasets",
        message: "feast.core.SavedDataset",
        table: "saved_datasets",
        name_column: "saved_dataset_name",
        body_column: "saved_dataset_proto",
        registry_field: 11,
        tags_path: Some(&[1, 7]),
        sets: &[&[1, 3], &[1, 4]],
        ..BLANK
    },
    KindSpec {
        kind: Kind::ValidationReference,
        name: "ValidationReference",
        title: "Validation reference",
        plural: "validation-references",
        message: "feast.core.ValidationReference",
        table: "validation_references",
        name_column: "validation_reference_name",
        body_column: "validation_reference_proto",
        registry_field: 13,
        name_path: &[1],
        project_path: Some(&[3]),
        tags_path: Some(&[5]),
        created_path: None,
        updated_path: None,
        ..BLANK
    },
    KindSpec {
        kind: Kind::Permission,
        name: "Permission",
        title: "Permission",
        plural: "permissions",
        message: "feast.core.Permission",
        table: "permissions",
        name_column: "permission_name",
        body_column: "permission_proto",
        registry_field: 16,
        tags_path: Some(&[1, 8]),
        sets: &[&[1, 3]],
        ..BLANK
    },
    KindSpec {
        kind: Kind::Infra,
        name: "Infra",
        title: "Infra",
        plural: "infra",
        message: "feast.core.Infra",
        table: "managed_infra",
        name_column: "infra_name",
        body_column: "infra_proto",
        registry_field: 10,
        name_path: &[],
        project_path: None,
        created_path: None,
        updated_path: None,
        ..BLANK
    },
    KindSpec {
        kind: Kind::Version,
        name: "FeatureViewVersionRecord",
        title: "Feature view version",
        plural: "versions",
        message: "feast.core.FeatureViewVersionRecord",
        table: "feature_view_version_history",
        shape: Shape::Version,
        name_path: &[1],
        project_path: Some(&[2]),
        created_path: None,
        updated_path: None,
        ..BLANK
    },
    KindSpec {
        kind: Kind::Metadata,
        name: "ProjectMetadata",
        title: "Project metadata",
        plural: "project-metadata",
        message: "feast.core.ProjectMetadata",
        table: "feast_metadata",
        name_column: "metadata_key",
        body_column: "metadata_value",
        shape: Shape::Metadata,
        name_path: &[],
        project_path: Some(&[1]),
        created_path: None,
        updated_path: None,
        ..BLANK
    },
];

impl Kind {
    /// Every kind, in lock order.
    pub const ALL: [Kind; 14] = [
        Kind::Project,
        Kind::Entity,
        Kind::DataSource,
        Kind::FeatureView,
        Kind::StreamFeatureView,
        Kind::OnDemandFeatureView,
        Kind::LabelView,
        Kind::FeatureService,
        Kind::SavedDataset,
        Kind::ValidationReference,
        Kind::Permission,
        Kind::Infra,
        Kind::Version,
        Kind::Metadata,
    ];

    /// The kinds that share one name space within a project, in the order in which Feast looks
    /// a view of any kind up.
    pub const VIEWS: [Kind; 4] = [
        Kind::FeatureView,
        Kind::StreamFeatureView,
        Kind::OnDemandFeatureView,
        Kind::LabelView,
    ];

    /// The kinds that users apply by name.
    pub const OBJECTS: [Kind; 11] = [
        Kind::Project,
        Kind::Entity,
        Kind::DataSource,
        Kind::FeatureView,
        Kind::StreamFeatureView,
        Kind::OnDemandFeatureView,
        Kind::LabelView,
        Kind::FeatureService,
        Kind::SavedDataset,
        Kind::ValidationReference,
        Kind::Permission,
    ];

    /// What definitions say all of, in the order in which it goes: what refers to others first. Saved
    /// datasets and validation references are made by programs at run time: no set of definitions has
    /// them all.
    pub(crate) const PRUNED: [Kind; 8] = [
        Kind::Permission,
        Kind::FeatureService,
        Kind::LabelView,
        Kind::OnDemandFeatureView,
        Kind::StreamFeatureView,
        Kind::FeatureView,
        Kind::DataSource,
        Kind::Entity,
    ];

    /// The row of this kind in the table of facts.
    pub fn spec(self) -> &'static KindSpec {
        &SPECS[self as usize]
    }

    /// What only views have; `None` for every other kind.
    pub fn view(self) -> Option<&'static ViewSpec> {
        self.spec().view
    }

    /// Whether this is one of the four kinds of feature views.
    pub fn is_view(self) -> bool {
        self.spec().view.is_some()
    }

    /// The kind whose version history uses this text in `feature_view_type`.
    pub fn from_history_type(text: &str) -> Option<Kind> {
        Kind::VIEWS
            .into_iter()
            .find(|kind| kind.view().is_some_and(|view| view.history_type == text))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spec().name)
    }
}

impl FromStr for Kind {
    type Err = Error;

    /// Accepts the message name and the plural, in any case and with `-`, `_` or nothing between words.
    fn from_str(text: &str) -> Result<Self, Error> {
        let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
        let wanted = plain(text);
        Kind::ALL
            .into_iter()
            .find(|kind| plain(kind.spec().name) == wanted || plain(kind.spec().plural) == wanted)
            .ok_or_else(|| {
                let known: Vec<&str> = Kind::OBJECTS.iter().map(|kind| kind.spec().name).collect();
                Error::invalid(format!(
                    "there is no kind `{text}`; known are {}, Infra",
                    known.join(", ")
                ))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_kinds() {
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
            assert_eq!(kind.spec().kind, kind);
        }
    }

    #[test]
    fn a_kind_is_found_by_name_and_by_plural() {
        for kind in Kind::ALL {
            assert_eq!(kind.spec().name.parse::<Kind>().unwrap(), kind);
            assert_eq!(kind.spec().plural.parse::<Kind>().unwrap(), kind);
        }
        assert_eq!("feature_view".parse::<Kind>().unwrap(), Kind::FeatureView);
    }
}
