//! A session beside a store, which holds rows that the store wants.

use feast_registry_core::store::{Decision, Lock, ReadSet, Store, StoreExt, Write};
use feast_registry_core::{Error, ErrorKind, Key, Result};

use crate::statements::Statements;
use crate::{Access, Connection, Driver, DriverError, FaultClass, SqlStore, Step, StepResult};

/// Lets a transaction of a store and one of a session beside it wait for each other's rows: `rows`, in
/// the order of locks, which must be there. The one that the server tells to give way begins anew if it
/// is the store's; so the store's is done in the end. `beside` reaches the same tables by connections of
/// its own, of a server that knows `FOR UPDATE NOWAIT`.
///
/// # Errors
///
/// Those of the store's transaction, and [`ErrorKind::Internal`] if nobody was told to give way.
pub async fn deadlock<D: Driver, E: Driver>(
    store: &SqlStore<D>,
    beside: &E,
    rows: &[Key; 2],
) -> Result<()> {
    let statements = Statements::new(beside.dialect());
    let retries = store.counters().retries();
    let mut other = beside.acquire(Access::Write).await?;
    begin(&mut *other, &statements).await?;
    lock(&mut *other, &statements, &rows[1]).await?;
    // Ours has the first row, or will have it in a moment, and waits for the second.
    let circle = async {
        let mut onlooker = beside.acquire(Access::Write).await?;
        until_locked(&mut *onlooker, &statements, &rows[0]).await?;
        drop(onlooker);
        let outcome = lock(&mut *other, &statements, &rows[0]).await;
        other.run(vec![rollback(&statements)]).await?;
        match outcome {
            Ok(_) => Ok(false),
            Err(fault) if fault.class == FaultClass::Conflict => Ok(true),
            Err(fault) => Err(Error::from(fault)),
        }
    };
    let ((), theirs) = futures::try_join!(touch(store, rows), circle)?;
    match theirs || store.counters().retries() > retries {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::Internal,
            "two waited for each other, and nobody was told to give way",
        )),
    }
}

/// Writes the first row as it is, with both of them locked.
async fn touch(store: &dyn Store, rows: &[Key; 2]) -> Result<()> {
    let mut reads = ReadSet::new();
    for key in rows {
        reads.key(key.clone(), Lock::Update);
    }
    let first = rows[0].clone();
    store
        .transact_typed(reads, move |view, _| {
            let row = view.key(&first, Lock::Update).flatten();
            let row = row.ok_or_else(|| Error::new(ErrorKind::Internal, "the row is gone"))?;
            let write = Write::Update {
                key: first.clone(),
                body: row.body.clone(),
                stamp: row.stamp,
            };
            Ok(Decision::Commit {
                writes: vec![write],
                answer: (),
            })
        })
        .await
}

/// Waits until somebody else has a row.
async fn until_locked(
    connection: &mut dyn Connection,
    statements: &Statements,
    row: &Key,
) -> Result<()> {
    loop {
        begin(connection, statements).await?;
        let mut steps = of(statements, row);
        for step in &mut steps {
            step.sql = format!("{} NOWAIT", step.sql).into();
        }
        let outcome = connection.run(steps).await;
        connection.run(vec![rollback(statements)]).await?;
        match outcome {
            Ok(_) => tokio::task::yield_now().await,
            Err(fault) if fault.class == FaultClass::Conflict => return Ok(()),
            Err(fault) => return Err(fault.into()),
        }
    }
}

async fn begin(
    connection: &mut dyn Connection,
    statements: &Statements,
) -> Result<Vec<StepResult>, DriverError> {
    let begin = Step::control(statements.begin_write.clone());
    connection.run(vec![begin]).await
}

async fn lock(
    connection: &mut dyn Connection,
    statements: &Statements,
    row: &Key,
) -> Result<Vec<StepResult>, DriverError> {
    connection.run(of(statements, row)).await
}

fn of(statements: &Statements, row: &Key) -> Vec<Step> {
    let mut steps = Vec::new();
    statements.get(row.kind, Lock::Update, &[row], &mut steps);
    steps
}

fn rollback(statements: &Statements) -> Step {
    Step::control(statements.rollback.clone())
}
