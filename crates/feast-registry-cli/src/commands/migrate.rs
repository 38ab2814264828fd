//! `migrate`: from any registry to any other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::migration::{self, Checksum, Checksums, Options, Pass, Refused};
use feast_registry_core::store::{MemoryStore, SchemaMode};
use feast_registry_core::{Error, ErrorKind, Kind, Store};
use serde_json::{Value, json};

use crate::args::{Format, Migrate};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Progress, Table};
use crate::session::Session;

/// How long it waits for writers of the source between two passes.
const PAUSE: Duration = Duration::from_secs(1);

/// Rows that an error names.
const NAMED: usize = 5;

pub(super) async fn run(args: Migrate, session: &mut Session<'_>) -> Outcome {
    // What is read is not changed, so nothing is made there; it must be there already.
    let source = session.store(&args.from, SchemaMode::Verify).await?;
    let target = target(&args, session).await?;
    let outcome = Migration {
        source: &source,
        target: &target,
        args: &args,
    }
    .run(session)
    .await;
    let closed = target.close().await.and(source.close().await);
    outcome?;
    Ok(closed?)
}

/// Where a dry run finds nothing, a store in memory is as empty.
async fn target(args: &Migrate, session: &Session<'_>) -> Outcome<Arc<dyn Store>> {
    if !args.dry_run {
        return session.store(&args.to, SchemaMode::Auto).await;
    }
    match session.store(&args.to, SchemaMode::Verify).await {
        Err(Failure::Registry(error)) if error.kind() == ErrorKind::Schema => {
            Ok(Arc::new(MemoryStore::new()))
        }
        target => target,
    }
}

struct Migration<'a> {
    source: &'a Arc<dyn Store>,
    target: &'a Arc<dyn Store>,
    args: &'a Migrate,
}

impl Migration<'_> {
    async fn run(&self, session: &mut Session<'_>) -> Outcome {
        let mut options = Options::default();
        options.project = session.global.project.as_deref().map(Arc::from);
        options.overwrite = self.args.overwrite;
        options.dry_run = self.args.dry_run;
        let mut report = Vec::new();
        let pass = loop {
            let pass = self.pass(&options, report.len() + 1, session).await?;
            report.push(summary(&pass));
            if pass.is_quiet() || !self.args.watch_until_quiet {
                break pass;
            }
            // What differs now has come from the source, in the passes before.
            options.overwrite = true;
            tokio::time::sleep(PAUSE).await;
        };
        let target = match self.args.verify {
            true => Some(self.verify(&options, &pass, session).await?),
            false => None,
        };
        let verified = target.as_ref().map(|target| *target == pass.expected);
        if session.format(Format::Table) != Format::Table {
            let value = json!({
                "passes": report,
                "refused": pass.refused.iter().map(refused).collect::<Vec<_>>(),
                "checksum": pass.source.whole().to_string(),
                "target_checksum": target.as_ref().map(|target| target.whole().to_string()),
                "parts": parts(&pass.source, target.as_ref()),
                "verified": verified,
            });
            let format = session.format(Format::Json);
            output::object(&mut session.streams.out, format, &value)?;
        }
        self.judge(&pass, verified)
    }

    async fn pass(
        &self,
        options: &Options,
        number: usize,
        session: &mut Session<'_>,
    ) -> Outcome<Pass> {
        let probe = self.source.changes().await?;
        let within = probe.entries.iter().filter(|((_, project), _)| {
            options
                .project
                .as_ref()
                .is_none_or(|wanted| wanted == project)
        });
        let rows = within.map(|(_, entry)| entry.count).sum();
        let progress = Progress::rate(session.streams, rows, format!("pass {number}"));
        let step = || progress.step();
        let migrated = migration::migrate(&**self.source, &**self.target, options, &step).await;
        drop(progress);
        let pass = migrated.map_err(|error| match error.kind() {
            ErrorKind::RevisionConflict if !options.overwrite => error.with_hint(
                "--overwrite makes the target equal to the source, whatever it holds; \
                 `diff` shows in what they differ",
            ),
            _ => error,
        })?;
        for refused in &pass.refused {
            tracing::warn!("the target cannot hold {}: {}", refused.key, refused.reason);
        }
        if session.format(Format::Table) == Format::Table {
            let what = match options.dry_run {
                true => "dry run".to_owned(),
                false => format!("pass {number}"),
            };
            session.say(&format!("{what}: {pass}"))?;
        }
        Ok(pass)
    }

    /// Reads the checksums of the target, and shows them beside those of the source.
    async fn verify(
        &self,
        options: &Options,
        pass: &Pass,
        session: &mut Session<'_>,
    ) -> Outcome<Checksums> {
        let objects = usize::try_from(pass.expected.whole().objects).unwrap_or(usize::MAX);
        let progress = Progress::spinner(session.streams, objects, "verifying".to_owned());
        let target = Checksums::read(&**self.target, options.project.as_deref()).await?;
        drop(progress);
        if session.format(Format::Table) == Format::Table {
            let mut table = Table::new(&["PROJECT", "KIND", "OBJECTS", "SOURCE", "TARGET"]);
            for (project, kind, sum, there) in beside(&pass.source, &target) {
                table.push(vec![
                    (&**project).into(),
                    kind.spec().plural.into(),
                    sum.objects.to_string().into(),
                    short(&sum).into(),
                    short(&there).into(),
                ]);
            }
            table.print(&mut session.streams.out, session.streams.styled)?;
            session.say(&format!(
                "{} objects, checksum {}",
                pass.source.whole().objects,
                pass.source.whole()
            ))?;
        }
        Ok(target)
    }

    fn judge(&self, pass: &Pass, verified: Option<bool>) -> Outcome {
        if verified == Some(false) {
            let message = "the target does not hold what was migrated";
            return Err(Error::new(ErrorKind::Corrupt, message)
                .with_hint("if nobody else writes to it, run the migration again")
                .into());
        }
        if verified.is_some() && !pass.refused.is_empty() && !self.args.allow_loss {
            let named = pass.refused.iter().take(NAMED);
            let named: Vec<String> = named.map(|refused| refused.key.to_string()).collect();
            let message = format!(
                "the target cannot hold {} of the source's objects: {}",
                pass.refused.len(),
                named.join(", ")
            );
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_hint("--allow-loss does without them")
                .into());
        }
        Ok(())
    }
}

/// The checksums of each kind in each project that either has rows of.
fn beside<'a>(
    source: &'a Checksums,
    target: &'a Checksums,
) -> impl Iterator<Item = (&'a Arc<str>, Kind, Checksum, Checksum)> {
    let parts = source.parts().chain(target.parts());
    let parts: BTreeSet<_> = parts.map(|(project, kind, _)| (project, kind)).collect();
    parts.into_iter().map(move |(project, kind)| {
        let [here, there] = [source, target].map(|sums| sums.part(project, kind));
        (project, kind, here, there)
    })
}

/// The same for programs; nothing of a target that was not read.
fn parts(source: &Checksums, target: Option<&Checksums>) -> Vec<Value> {
    let parts = beside(source, target.unwrap_or(source));
    let part = |(project, kind, here, there): (&Arc<str>, Kind, Checksum, Checksum)| {
        json!({
            "project": **project,
            "kind": kind.spec().name,
            "objects": here.objects,
            "source": here.to_string(),
            "target": target.map(|_| there.to_string()),
        })
    };
    parts.map(part).collect()
}

/// The beginning of a checksum, for people.
fn short(sum: &Checksum) -> String {
    sum.to_string().chars().take(16).collect()
}

fn summary(pass: &Pass) -> Value {
    json!({
        "created": pass.created,
        "updated": pass.updated,
        "deleted": pass.deleted,
        "unchanged": pass.unchanged,
        "refused": pass.refused.len(),
    })
}

fn refused(refused: &Refused) -> Value {
    json!({"object": refused.key.to_string(), "reason": refused.reason})
}
