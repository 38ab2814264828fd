//! Permissions, and what they cover.

mod coverage;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use feast_registry_core::{Kind, Query, Record};
use serde_json::{Value, json};

use self::coverage::{Permission, Resource};
use super::{describe, list};
use crate::args::{Format, List, PermissionCommand};
use crate::failure::Outcome;
use crate::output::{self, Cell, Table, style};
use crate::session::Session;

pub(super) async fn run(command: PermissionCommand, session: &mut Session<'_>) -> Outcome {
    match command {
        PermissionCommand::List {
            list,
            verbose: true,
        } => tree(list, session).await,
        PermissionCommand::List { list: args, .. } => {
            list::run(args, &[Kind::Permission], session).await
        }
        PermissionCommand::Describe(args) => describe::run(args, Kind::Permission, session).await,
        PermissionCommand::ListRoles { verbose: true } => roles_and_objects(session).await,
        PermissionCommand::ListRoles { .. } => roles(session).await,
        PermissionCommand::Check => check(session).await,
    }
}

async fn permissions(args: List, session: &mut Session<'_>) -> Outcome<Vec<Permission>> {
    let rows = list::find(args, &[Kind::Permission], session).await?;
    Ok(rows.iter().map(Permission::new).collect::<Result<_, _>>()?)
}

async fn all_permissions(session: &mut Session<'_>) -> Outcome<Vec<Permission>> {
    permissions(List { tags: Vec::new() }, session).await
}

/// Everything in the project that permissions can cover.
async fn resources(session: &mut Session<'_>) -> Outcome<Vec<Resource>> {
    let mut query = Query::new(Kind::Project, session.project().await?);
    query.kinds = Kind::OBJECTS.to_vec();
    let rows: Vec<Record> = session.registry().await?.list(&query).await?.records;
    Ok(rows.iter().map(Resource::new).collect::<Result<_, _>>()?)
}

/// Each permission with the objects that it covers, by their type.
async fn tree(args: List, session: &mut Session<'_>) -> Outcome {
    let permissions = permissions(args, session).await?;
    let resources = resources(session).await?;
    let covered = |permission: &Permission| {
        let mut types: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for resource in resources
            .iter()
            .filter(|resource| permission.covers(resource))
        {
            types
                .entry(resource.class)
                .or_default()
                .push(&resource.name);
        }
        types
    };
    if let Some(format @ (Format::Json | Format::Yaml)) = session.global.output {
        let values = permissions.iter().map(|permission| {
            Ok(json!({
                "permission": permission.name,
                "roles": permission.roles,
                "covers": covered(permission),
            }))
        });
        return output::values(&mut session.streams.out, format, values);
    }
    for permission in &permissions {
        let roles = permission
            .roles
            .iter()
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        session.say(&match roles.is_empty() {
            true => permission.name.clone(),
            false => format!("{} [{roles}]", permission.name),
        })?;
        let types = covered(permission);
        for (index, (class, names)) in types.iter().enumerate() {
            let branch = if index + 1 == types.len() {
                "└──"
            } else {
                "├──"
            };
            session.say(&format!("{branch} {class}: {}", names.join(", ")))?;
        }
    }
    Ok(())
}

async fn roles(session: &mut Session<'_>) -> Outcome {
    let permissions = all_permissions(session).await?;
    let roles: BTreeSet<&String> = permissions.iter().flat_map(|found| &found.roles).collect();
    match session.format(Format::Table) {
        Format::Table => {
            let mut table = Table::new(&["ROLE NAME"]);
            for role in roles {
                table.push(vec![role.as_str().into()]);
            }
            Ok(table.print(&mut session.streams.out, session.streams.styled)?)
        }
        format => {
            let values = roles.into_iter().map(|role| Ok(Value::from(role.as_str())));
            output::values(&mut session.streams.out, format, values)
        }
    }
}

/// A line of a table about what may be done with an object.
struct Row {
    role: Option<String>,
    name: String,
    class: &'static str,
    actions: Vec<&'static str>,
}

impl Row {
    fn json(&self, actions: &'static str) -> Value {
        let mut value = json!({"name": self.name, "type": self.class, actions: self.actions});
        if let Some(role) = &self.role {
            value["role"] = role.as_str().into();
        }
        value
    }

    fn cells(&self) -> Vec<Cell> {
        let role = self.role.as_deref().map(Cell::from);
        let rest = [
            self.name.as_str().into(),
            self.class.into(),
            Cell::lines(&self.actions),
        ];
        role.into_iter().chain(rest).collect()
    }
}

async fn roles_and_objects(session: &mut Session<'_>) -> Outcome {
    let permissions = all_permissions(session).await?;
    let resources = resources(session).await?;
    let roles: BTreeSet<&String> = permissions.iter().flat_map(|found| &found.roles).collect();
    let mut rows = Vec::new();
    for role in roles {
        for resource in &resources {
            let granting = permissions
                .iter()
                .filter(|found| found.roles.contains(role) && found.covers(resource));
            let actions: BTreeSet<_> = granting.flat_map(|found| found.actions.clone()).collect();
            if !actions.is_empty() {
                rows.push(Row {
                    role: Some(role.clone()),
                    name: resource.name.clone(),
                    class: resource.class,
                    actions: actions
                        .into_iter()
                        .map(|action| action.as_str_name())
                        .collect(),
                });
            }
        }
    }
    let headers = &[
        "ROLE NAME",
        "RESOURCE NAME",
        "RESOURCE TYPE",
        "PERMITTED ACTIONS",
    ];
    match session.format(Format::Table) {
        Format::Table => print(headers, &rows, session),
        format => {
            let values = rows.iter().map(|row| Ok(row.json("permitted_actions")));
            output::values(&mut session.streams.out, format, values)
        }
    }
}

fn print(headers: &'static [&'static str], rows: &[Row], session: &mut Session<'_>) -> Outcome {
    let mut table = Table::new(headers);
    for row in rows {
        let mut cells = row.cells();
        cells.truncate(headers.len());
        table.push(cells);
    }
    Ok(table.print(&mut session.streams.out, session.streams.styled)?)
}

/// The objects that no permission covers, and the actions that none grants on the others.
async fn check(session: &mut Session<'_>) -> Outcome {
    let permissions = all_permissions(session).await?;
    let (mut uncovered, mut incomplete) = (Vec::new(), Vec::new());
    for resource in resources(session).await? {
        let missing = coverage::missing_actions(&permissions, &resource);
        let covered = permissions
            .iter()
            .any(|permission| permission.covers(&resource));
        let row = Row {
            role: None,
            name: resource.name,
            class: resource.class,
            actions: missing
                .into_iter()
                .map(|action| action.as_str_name())
                .collect(),
        };
        match (covered, row.actions.is_empty()) {
            (false, _) => uncovered.push(row),
            (true, false) => incomplete.push(row),
            (true, true) => {}
        }
    }
    if let Some(format @ (Format::Json | Format::Yaml)) = session.global.output {
        let list = |rows: &[Row]| {
            let values = rows.iter().map(|row| row.json("unsecured_actions"));
            values.collect::<Vec<_>>()
        };
        let value = json!({"uncovered": list(&uncovered), "incomplete": list(&incomplete)});
        return output::object(&mut session.streams.out, format, &value);
    }
    heading("No permission covers:", session)?;
    print(&["NAME", "TYPE"], &uncovered, session)?;
    writeln!(session.streams.out)?;
    heading("No permission grants these actions:", session)?;
    print(&["NAME", "TYPE", "UNSECURED ACTIONS"], &incomplete, session)
}

fn heading(text: &str, session: &mut Session<'_>) -> Outcome {
    if session.streams.styled {
        let bold = style::HEADER;
        writeln!(session.streams.out, "{bold}{text}{bold:#}")?;
    } else {
        writeln!(session.streams.out, "{text}")?;
    }
    Ok(())
}
