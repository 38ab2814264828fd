//! Counts what goes to the database, and logs it if asked to.

use std::sync::Arc;

use async_trait::async_trait;

use feast_registry_core::store::{Answer, Connections};

use crate::store::Counters;
use crate::{
    Access, Connection, Dialect, Driver, DriverError, Step, StepResult, WriteFault, WriteJob,
};

/// A driver whose every statement is counted.
#[derive(Debug)]
pub(crate) struct Observed<D> {
    driver: D,
    watch: Watch,
}

#[derive(Clone, Debug)]
pub(crate) struct Watch {
    counters: Arc<Counters>,
    echo: bool,
}

impl<D: Driver> Observed<D> {
    pub(crate) fn new(driver: D, echo: bool) -> Self {
        Observed {
            driver,
            watch: Watch {
                counters: Arc::default(),
                echo,
            },
        }
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.watch.counters
    }
}

#[async_trait]
impl<D: Driver> Driver for Observed<D> {
    fn dialect(&self) -> &dyn Dialect {
        self.driver.dialect()
    }

    async fn describe(&self) -> Result<String, DriverError> {
        self.driver.describe().await
    }

    async fn acquire(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        let connection = self.driver.acquire(access).await?;
        Ok(Box::new(ObservedConnection {
            connection,
            watch: &self.watch,
        }))
    }

    fn has_replica(&self) -> bool {
        self.driver.has_replica()
    }

    async fn write(&self, job: WriteJob) -> Result<Answer, WriteFault> {
        self.driver.write(job.observed(self.watch.clone())).await
    }

    async fn version(&self) -> Result<Option<Arc<str>>, DriverError> {
        self.driver.version().await
    }

    async fn upgrades(&self) -> Result<Vec<String>, DriverError> {
        self.driver.upgrades().await
    }

    fn connections(&self) -> Option<Connections> {
        self.driver.connections()
    }

    async fn close(&self) -> Result<(), DriverError> {
        self.driver.close().await
    }
}

struct ObservedConnection<'a> {
    connection: Box<dyn Connection + 'a>,
    watch: &'a Watch,
}

#[async_trait]
impl Connection for ObservedConnection<'_> {
    async fn run(&mut self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        self.watch.see(&steps);
        self.connection.run(steps).await
    }
}

impl Watch {
    /// Values are not logged: objects are large, and may hold what is nobody's business.
    pub(crate) fn see(&self, steps: &[Step]) {
        self.counters.count_run(steps.len());
        if self.echo {
            for step in steps {
                tracing::info!(target: "feast_registry::sql", parameters = step.parameters.len(), "{}", step.sql);
            }
        }
    }
}
