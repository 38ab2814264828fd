//! Many writers at once: nothing is lost, nothing is half.

mod histories;
mod processes;
mod projects;
mod versions;
mod views;

use std::future::Future;

use futures::future::join_all;

use crate::check::Checked;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    [
        views::trials(),
        versions::trials(),
        projects::trials(),
        processes::trials(),
        histories::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How many tasks write at once.
const TASKS: usize = 8;

/// Runs tasks at once and collects their answers.
async fn at_once<T, R>(tasks: impl Iterator<Item = R>) -> Checked<Vec<T>>
where
    T: Send + 'static,
    R: Future<Output = Checked<T>> + Send + 'static,
{
    let tasks: Vec<_> = tasks.map(tokio::spawn).collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in join_all(tasks).await {
        answers.push(task??);
    }
    Ok(answers)
}
