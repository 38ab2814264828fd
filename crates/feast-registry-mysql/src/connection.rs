//! A session, held by one task.

use async_trait::async_trait;
use deadpool::managed::Object;

use feast_registry_sql::{Connection, Dialect, DriverError, FaultClass, Step, StepResult};

use crate::kill::Killer;
use crate::pool::Sessions;

/// A session, held by one task. Whoever drops it in the middle of something ends it.
pub(crate) struct Held<'a> {
    /// Gone only while it is being dropped.
    session: Option<Object<Sessions>>,
    dialect: &'a dyn Dialect,
    killer: &'a Killer,
}

impl<'a> Held<'a> {
    pub(crate) fn new(
        session: Object<Sessions>,
        dialect: &'a dyn Dialect,
        killer: &'a Killer,
    ) -> Self {
        Held {
            session: Some(session),
            dialect,
            killer,
        }
    }
}

#[async_trait]
impl Connection for Held<'_> {
    async fn run(&mut self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        let Some(session) = &mut self.session else {
            return Err(DriverError::new(
                FaultClass::Disconnected,
                "the session has ended",
            ));
        };
        let results = session.run(steps, self.dialect).await;
        if let Err(fault) = &results
            && fault.class == FaultClass::Disconnected
            && let Some(pool) = Object::pool(session)
        {
            // What broke this one, a restart or a proxy, has mostly broken those that wait as well.
            pool.retain(|_, _| false);
        }
        results
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else {
            return;
        };
        if session.is_clean() {
            return;
        }
        let session = Object::take(session);
        if session.is_abandoned() {
            self.killer.kill(session);
        }
    }
}
