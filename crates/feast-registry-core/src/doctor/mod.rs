//! What is wrong with a registry, and mending what can be mended safely.
//!
//! [`examine`] reads every row once, as of one moment, and answers [`Finding`]s; [`mend`] takes one of
//! them and puts it right, in a transaction that looks again, under locks, whether it is still so. Every
//! check is a small file; [`Defect`] is the table of what they find. Keys stay in memory, bodies do not.

mod bodies;
mod clock;
mod defect;
mod fix;
mod history;
mod intervals;
mod keys;
mod known;
mod lookalikes;
mod names;
mod projects;
mod references;
mod schema;
#[cfg(test)]
mod tests;

use futures::StreamExt;

pub use self::defect::{Defect, Finding, Severity};
use self::fix::Fix;
pub use self::fix::Mended;
use self::known::Known;
use crate::store::{Consistency, Store};
use crate::{Error, ErrorKind, Record, Result};

/// Looks for one sort of defect while the rows go by, in the order of their kinds.
trait Check: Send {
    /// Looks at a row. It is known already, and so is every row of the kinds before its own.
    fn see(&mut self, row: &Record, known: &Known, findings: &mut Vec<Finding>);

    /// Looks at what is left when every row is known.
    fn finish(&mut self, _known: &Known, _findings: &mut Vec<Finding>) {}
}

/// The checks that look at rows, where the clock of this machine says `now` (a Unix second).
fn checks(now: i64) -> Vec<Box<dyn Check>> {
    vec![
        Box::new(bodies::Bodies),
        Box::new(keys::Keys),
        Box::new(clock::Stamps::new(now)),
        Box::new(projects::Projects::default()),
        Box::new(names::Names),
        Box::new(lookalikes::Lookalikes::default()),
        Box::new(references::References::default()),
        Box::new(history::History::default()),
        Box::new(intervals::Intervals),
    ]
}

/// Everything that is wrong with a registry, the gravest first. Nothing is written.
///
/// Where tables are missing, the rows are not looked at: there may be more to find when they are there.
///
/// # Errors
///
/// Those of the store.
pub async fn examine(store: &dyn Store) -> Result<Vec<Finding>> {
    let mut findings = schema::flaws(store).await?;
    if findings.iter().all(|finding| !finding.hides_rows()) {
        findings.extend(clock::skew(store).await?);
        examine_rows(store, &mut findings).await?;
    }
    findings.sort_by(|a, b| a.rank().cmp(&b.rank()));
    Ok(findings)
}

async fn examine_rows(store: &dyn Store, findings: &mut Vec<Finding>) -> Result<()> {
    let mut known = Known::default();
    let mut checks = checks(crate::store::now().seconds);
    let mut chunks = store.snapshot(Consistency::Primary).await?;
    while let Some(chunk) = chunks.next().await {
        for row in chunk? {
            known.add(&row);
            for check in &mut checks {
                check.see(&row, &known, findings);
            }
        }
    }
    for mut check in checks {
        check.finish(&known, findings);
    }
    Ok(())
}

/// Puts right what a finding says, if it is still so and can be mended safely.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`] if it can only be mended by somebody who knows what was meant, else those
/// of the store.
pub async fn mend(store: &dyn Store, finding: &Finding) -> Result<Mended> {
    let Some(fix) = &finding.fix else {
        let message = format!("{} is not mended without a person", finding.defect.code);
        return Err(Error::new(ErrorKind::Unsupported, message).with_hint(finding.defect.mend));
    };
    fix.make(store).await
}
