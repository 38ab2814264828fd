//! What is wrong with the registry.

use std::collections::BTreeSet;

use feast_registry_core::Store;
use feast_registry_core::doctor::{self, Finding, Mended, Severity};
use feast_registry_core::store::SchemaMode;
use serde_json::{Value, json};

use crate::args::{Doctor, Format};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Table};
use crate::session::Session;

/// A finding, and what was done about it.
struct Told {
    finding: Finding,
    mended: Option<Mended>,
}

/// Looks, mends if that is wanted, and tells.
pub(super) async fn run(args: Doctor, session: &mut Session<'_>) -> Outcome {
    let mut options = feast_registry::store_options(&session.config()?)?;
    // What is missing is to be found, not created.
    options.schema_mode = SchemaMode::Skip;
    let store = session.backends.open(&options).await?;
    let told = look(&*store, &args, session).await;
    store.close().await?;
    let told = told?;
    print(&told, &args, session)?;
    match told.iter().any(Told::is_left) {
        true => Err(Failure::Found),
        false => Ok(()),
    }
}

async fn look(store: &dyn Store, args: &Doctor, session: &mut Session<'_>) -> Outcome<Vec<Told>> {
    let mut told = Vec::new();
    let mut findings = doctor::examine(store).await?;
    if args.fix && !args.dry_run {
        confirm(&findings, session)?;
        if findings.iter().any(Finding::hides_rows) {
            told = mend(store, findings).await?;
            findings = doctor::examine(store).await?;
            findings.retain(|finding| !told.iter().any(|told| told.finding.is_same(finding)));
        }
        told.extend(mend(store, findings).await?);
        return Ok(told);
    }
    let unmended = |finding| Told {
        finding,
        mended: None,
    };
    Ok(findings.into_iter().map(unmended).collect())
}

fn confirm(findings: &[Finding], session: &mut Session<'_>) -> Outcome {
    let fixable = findings.iter().filter(|one| one.is_fixable()).count();
    match fixable {
        0 => Ok(()),
        _ => session.confirm(&format!("mend {fixable} of {} findings?", findings.len())),
    }
}

async fn mend(store: &dyn Store, findings: Vec<Finding>) -> Outcome<Vec<Told>> {
    let mut told = Vec::with_capacity(findings.len());
    for finding in findings {
        let mended = match finding.is_fixable() {
            true => Some(doctor::mend(store, &finding).await?),
            false => None,
        };
        told.push(Told { finding, mended });
    }
    Ok(told)
}

impl Told {
    /// Whether something is still wrong.
    fn is_left(&self) -> bool {
        self.finding.defect.severity != Severity::Note && self.mended != Some(Mended::Done)
    }

    /// What `--fix` does about it, or has done.
    fn fix(&self) -> &'static str {
        match self.mended {
            Some(Mended::Done) => "mended",
            Some(Mended::Changed) => "changed meanwhile",
            None if self.finding.is_fixable() => "--fix",
            None => "-",
        }
    }

    fn value(&self) -> Value {
        let Finding {
            defect, key, found, ..
        } = &self.finding;
        json!({
            "code": defect.code,
            "severity": defect.severity.to_string(),
            "object": key.as_ref().map(|key| json!({
                "kind": key.kind.spec().name,
                "project": *key.project,
                "name": *key.name,
            })),
            "found": found,
            "mend": defect.mend,
            "fixable": self.finding.is_fixable(),
            "mended": self.mended == Some(Mended::Done),
        })
    }
}

fn print(told: &[Told], args: &Doctor, session: &mut Session<'_>) -> Outcome {
    match session.format(Format::Table) {
        Format::Table if told.is_empty() => session.say("nothing was found"),
        Format::Table => {
            let mut table = Table::new(&["CODE", "SEVERITY", "OBJECT", "FOUND", "FIX"]);
            for one in told {
                let key = one.finding.key.as_ref();
                table.push(vec![
                    one.finding.defect.code.into(),
                    one.finding.defect.severity.to_string().into(),
                    key.map_or("-".to_owned(), ToString::to_string).into(),
                    one.finding.found.as_str().into(),
                    one.fix().into(),
                ]);
            }
            table.print(&mut session.streams.out, session.streams.styled)?;
            advise(told, args, session)
        }
        format => {
            let values = told.iter().map(|one| Ok(one.value()));
            output::values(&mut session.streams.out, format, values)
        }
    }
}

/// What would mend what is left, each sort of it once; and how many there are.
fn advise(told: &[Told], args: &Doctor, session: &mut Session<'_>) -> Outcome {
    let left = told.iter().filter(|one| one.mended != Some(Mended::Done));
    let advice: BTreeSet<(&str, &str)> = left
        .map(|one| (one.finding.defect.code, one.finding.defect.mend))
        .collect();
    for (code, mend) in advice {
        session.say(&format!("{code}: {mend}"))?;
    }
    let count = |what: &dyn Fn(&Told) -> bool| told.iter().filter(|one| what(one)).count();
    let fixable = count(&|one| one.finding.is_fixable());
    let mended = count(&|one| one.mended == Some(Mended::Done));
    let found = told.len();
    session.say(&match (args.fix, args.dry_run) {
        (true, false) => format!("found {found}, mended {mended}"),
        (true, true) => format!("found {found}, --fix would mend {fixable}; nothing was changed"),
        _ => format!("found {found}, --fix mends {fixable}"),
    })
}
