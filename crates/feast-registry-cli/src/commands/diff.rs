//! `diff`: in what two registries differ.

mod document;

use std::io::{self, Write};
use std::sync::Arc;

use feast_registry_core::migration::{self, Pair};
use feast_registry_core::plan::{FieldChange, differing_values};
use feast_registry_core::store::SchemaMode;
use feast_registry_core::{Key, Store};
use serde_json::{Value, json};
use similar::TextDiff;

use super::plan::line;
use crate::args::{Diff, Format};
use crate::failure::{Failure, Outcome};
use crate::output::{self, style};
use crate::session::Session;

/// Objects whose definitions are in memory at a time.
const CHUNK: usize = 200;

/// Lines of a unified diff around those that differ.
const CONTEXT: usize = 3;

pub(super) async fn run(args: Diff, session: &mut Session<'_>) -> Outcome {
    let a = session.store(&args.a, SchemaMode::Verify).await?;
    let b = session.store(&args.b, SchemaMode::Verify).await?;
    let compared = compare(&a, &b, session).await;
    let closed = a.close().await.and(b.close().await);
    let equal = compared?;
    closed?;
    if equal { Ok(()) } else { Err(Failure::Differs) }
}

async fn compare(
    a: &Arc<dyn Store>,
    b: &Arc<dyn Store>,
    session: &mut Session<'_>,
) -> Outcome<bool> {
    let project = session.global.project.clone();
    let keys = migration::differing_keys(&**a, &**b, project.as_deref()).await?;
    let mut report = Report::new(session);
    for keys in keys.chunks(CHUNK) {
        for (key, pair) in migration::look_up(&**a, &**b, keys).await? {
            report.add(&key, &pair)?;
        }
    }
    report.end()
}

/// How an object differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    OnlyInA,
    OnlyInB,
    Differs,
}

impl Change {
    const ALL: [Change; 3] = [Change::OnlyInA, Change::OnlyInB, Change::Differs];

    fn of(pair: &Pair) -> Self {
        match pair {
            (_, None) => Change::OnlyInA,
            (None, _) => Change::OnlyInB,
            _ => Change::Differs,
        }
    }

    fn sign(self) -> char {
        match self {
            Change::OnlyInA => '-',
            Change::OnlyInB => '+',
            Change::Differs => '~',
        }
    }

    fn name(self) -> &'static str {
        match self {
            Change::OnlyInA => "only in A",
            Change::OnlyInB => "only in B",
            Change::Differs => "differs",
        }
    }
}

/// Writes differences as they come.
struct Report<'a> {
    format: Format,
    out: &'a mut dyn Write,
    list: output::List,
    counts: [usize; Change::ALL.len()],
}

impl<'a> Report<'a> {
    fn new(session: &'a mut Session<'_>) -> Self {
        Report {
            format: session.format(Format::Table),
            out: &mut session.streams.out,
            list: output::List::default(),
            counts: [0; Change::ALL.len()],
        }
    }

    fn add(&mut self, key: &Key, pair: &Pair) -> Outcome {
        let change = Change::of(pair);
        self.counts[change as usize] += 1;
        let [a, b] = document::both(pair);
        let fields = || match (&a, &b) {
            (Some(a), Some(b)) => differing_values(a, b),
            _ => Vec::new(),
        };
        match self.format {
            Format::Table => Ok(lines(self.out, key, change, &fields())?),
            Format::Json => self.list.push(self.out, &value(key, change, &fields())),
            Format::Yaml => unified(self.out, key, [&a, &b]),
        }
    }

    /// Ends the output; answers whether there was no difference.
    fn end(self) -> Outcome<bool> {
        match self.format {
            Format::Table => {
                let [a, b, differ] = self.counts;
                writeln!(self.out, "only in A {a}, only in B {b}, different {differ}")?;
            }
            Format::Json => self.list.end(self.out)?,
            Format::Yaml => {}
        }
        Ok(self.counts.iter().sum::<usize>() == 0)
    }
}

fn lines(out: &mut dyn Write, key: &Key, change: Change, fields: &[FieldChange]) -> io::Result<()> {
    let title = key.to_string();
    writeln!(out, "{} {}", change.sign(), style::printable(&title))?;
    for field in fields {
        writeln!(out, "    {}", style::printable(&line(field)))?;
    }
    Ok(())
}

fn value(key: &Key, change: Change, fields: &[FieldChange]) -> Value {
    let mut value = json!({
        "kind": key.kind.spec().name,
        "project": *key.project,
        "name": *key.name,
        "change": change.name(),
    });
    if key.kind.spec().shape == feast_registry_core::Shape::Version {
        value["version"] = key.number.into();
    }
    if !fields.is_empty() {
        value["fields"] = json!(fields);
    }
    value
}

/// The difference of two YAML documents, as `diff -u` writes it. What is not there is /dev/null.
fn unified(out: &mut dyn Write, key: &Key, documents: [&Option<Value>; 2]) -> Outcome {
    let mut texts = [String::new(), String::new()];
    let mut names = ["/dev/null".to_owned(), "/dev/null".to_owned()];
    for (side, document) in documents.into_iter().enumerate() {
        if let Some(document) = document {
            let mut text = Vec::new();
            output::yaml(&mut text, document)?;
            texts[side] = String::from_utf8_lossy(&text).into_owned();
            let letter = ["a", "b"][side];
            let name = format!("{letter}/{}", document::path(key));
            names[side] = style::printable(&name).into_owned();
        }
    }
    let difference = TextDiff::from_lines(&texts[0], &texts[1]);
    let mut unified = difference.unified_diff();
    unified.context_radius(CONTEXT).header(&names[0], &names[1]);
    Ok(unified.to_writer(out)?)
}
