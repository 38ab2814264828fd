//! Random operations: the store under test does what the memory store does.

mod compare;
mod operations;

use std::sync::Arc;

use feast_registry_core::store::MemoryStore;
use feast_registry_core::{Registry, RegistryOptions};

use self::compare::{answer, normalised};
use self::operations::Step;
use crate::check::Checked;
use crate::context::Context;
use crate::random::Random;
use crate::rows;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["model::memory":
        random_operations_have_equal_outcomes_and_leave_equal_rows,
        random_batches_have_equal_outcomes_and_leave_equal_rows,
    ]
}

async fn random_operations_have_equal_outcomes_and_leave_equal_rows(cx: Context) -> Checked {
    compare_runs(&cx, 150, 1).await
}

async fn random_batches_have_equal_outcomes_and_leave_equal_rows(cx: Context) -> Checked {
    compare_runs(&cx, 40, 6).await
}

/// Does random steps on both stores, each of at most so many changes.
async fn compare_runs(cx: &Context, steps: usize, changes: usize) -> Checked {
    for run in 0..cx.rounds(3) as u64 {
        let seed = cx.seed().wrapping_add(run);
        run_once(cx, seed, steps, changes)
            .await
            .map_err(|failure| {
                failure.context(format_args!("FEAST_REGISTRY_CONFORMANCE_SEED={seed}"))
            })?;
    }
    Ok(())
}

async fn run_once(cx: &Context, seed: u64, steps: usize, changes: usize) -> Checked {
    let tested = cx.registry().await?;
    let model = Registry::open(Arc::new(MemoryStore::new()), RegistryOptions::default()).await?;
    let mut random = Random::new(seed);
    for number in 0..steps {
        let step = Step::random(&mut random, changes);
        let found = answer(&tested, &step).await?;
        let wanted = answer(&model, &step).await?;
        ensure_eq!(found, wanted, "step {number}: {step:?}");
        if number % 25 == 0 {
            check_rows(&tested, &model, number).await?;
        }
    }
    check_rows(&tested, &model, steps).await
}

async fn check_rows(tested: &Registry, model: &Registry, number: usize) -> Checked {
    let found = normalised(rows::all(tested).await?)?;
    let wanted = normalised(rows::all(model).await?)?;
    for (found, wanted) in found.iter().zip(&wanted) {
        ensure_eq!(found, wanted, "a row after step {number}");
    }
    ensure_eq!(found.len(), wanted.len(), "rows after step {number}");
    Ok(())
}
